import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A blocking TCP socket, so that a test says exactly what a peer does and when.
final class PlainSocket: Sendable {
    struct Failure: Error {
        var what: String
        var code: Int32 = errno
        var isReset: Bool { code == ECONNRESET }
    }

    private let fd: Int32

    private init(fd: Int32) {
        self.fd = fd
        // Nothing in a test may wait forever.
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(fd) }

    static func connect(to port: UInt16, v6: Bool = false) throws -> PlainSocket {
        let socket = PlainSocket(fd: Glibc.socket(v6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        let result = withLoopback(port, v6: v6) { Glibc.connect(socket.fd, $0, $1) }
        guard result == 0 else { throw Failure(what: "connect") }
        return socket
    }

    static func listen(v6: Bool = false) throws -> PlainSocket {
        let socket = PlainSocket(fd: Glibc.socket(v6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        guard withLoopback(0, v6: v6, { bind(socket.fd, $0, $1) }) == 0, Glibc.listen(socket.fd, 64) == 0
        else { throw Failure(what: "listen") }
        return socket
    }

    var port: UInt16 {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(fd, $0, &length) }
        }
        return UInt16(bigEndian: address.sin6_port)
    }

    func accept() throws -> PlainSocket {
        let accepted = Glibc.accept(fd, nil, nil)
        guard accepted >= 0 else { throw Failure(what: "accept") }
        return PlainSocket(fd: accepted)
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(fd, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(what: "send") }
            sent += count
        }
    }

    /// What one read gives; empty at the end.
    func receive(upTo limit: Int = 65_536) throws -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            let received = recv(fd, buffer.baseAddress, limit, 0)
            if received < 0 { failure = errno }
            count = max(0, received)
        }
        guard failure == 0 else { throw Failure(what: "recv", code: failure) }
        return bytes
    }

    /// Everything up to the end of what the peer sends.
    func receiveAll() throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let bytes = try receive()
            guard !bytes.isEmpty else { return all }
            all += bytes
        }
    }

    /// Exactly so many octets, or fewer at the end.
    func receive(exactly count: Int) throws -> [UInt8] {
        var all: [UInt8] = []
        while all.count < count {
            let bytes = try receive(upTo: count - all.count)
            guard !bytes.isEmpty else { return all }
            all += bytes
        }
        return all
    }

    /// Sends as much as goes without waiting for long, and tells how much that was.
    func sendWithoutWaiting(_ most: Int) -> Int {
        var limit = timeval(tv_sec: 0, tv_usec: 300_000)
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let block = [UInt8](repeating: 7, count: 1 << 16)
        var sent = 0
        while sent < most {
            let count = block.withUnsafeBytes { Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { break }
            sent += count
        }
        return sent
    }

    /// `receiveAll` on a thread of its own; stops for a moment after every `pausing` octets.
    func receiveAllElsewhere(pausing: Int = .max) async throws -> [UInt8] {
        let other = dup(fd)
        return try await blocking {
            let socket = PlainSocket(fd: other)
            var all: [UInt8] = []
            var rested = 0
            while true {
                let bytes = try socket.receive(upTo: 1 << 18)
                guard !bytes.isEmpty else { return all }
                all += bytes
                if all.count - rested > pausing {
                    rested = all.count
                    usleep(20_000)
                }
            }
        }
    }

    /// `send` on a thread of its own.
    func sendElsewhere(_ bytes: [UInt8], thenFinish finishes: Bool) async throws {
        let other = dup(fd)
        try await blocking {
            let socket = PlainSocket(fd: other)
            try socket.send(bytes)
            if finishes { socket.finishSending() }
        }
    }

    func finishSending() { shutdown(fd, Int32(SHUT_WR)) }

    /// Aborts the connection (RST): Linux does so when a connected socket is connected to nothing.
    func abort() {
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        _ = Glibc.connect(fd, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// Keeps the kernel from taking much on behalf of a slow reader.
    func shrinkReceiveBuffer() {
        var size: Int32 = 4096
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func withLoopback(
        _ port: UInt16, v6: Bool, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        if v6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = in6addr_loopback
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

/// Runs blocking socket work away from the cooperative threads.
func blocking<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
    }
}
