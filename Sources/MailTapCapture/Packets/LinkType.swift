/// What a captured packet begins with (the registered LINKTYPE values of pcap and pcapng).
enum LinkType: UInt16 {
    case null = 0
    case ethernet = 1
    case ppp = 9
    case rawBSD = 12
    case rawOpenBSD = 14
    case pppHDLC = 50
    case pppoe = 51
    case raw = 101
    case ciscoHDLC = 104
    case ieee80211 = 105
    case loop = 108
    case linuxCooked = 113
    case radiotap = 127
    case perPacket = 192
    case pppWithDirection = 204
    case ipv4 = 228
    case ipv6 = 229
    case infiniband = 242
    case linuxCooked2 = 276
}
