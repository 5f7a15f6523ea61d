/// A mark that a written line shows in braces, in the place of the octets it speaks of.
enum InlineMark {
    case mask(Mask)
    case pattern(StreamRange, ReplyPattern)

    init?(_ mark: Mark) {
        switch mark {
        case .masked(let mask): self = .mask(mask)
        case .pattern(let range, let pattern): self = .pattern(range, pattern)
        default: return nil
        }
    }

    var range: StreamRange {
        switch self {
        case .mask(let mask): mask.range
        case .pattern(let range, _): range
        }
    }

    /// Whether reading it back from its line gives the same octets at the same place.
    func stands(in octets: [UInt8], at place: Range<Int>) -> Bool {
        switch self {
        case .mask: return !octets[place].contains(10)
        case .pattern(let range, let pattern):
            // A status is only read as one at the beginning of a line.
            let isAtStart = place.lowerBound == 0 || octets[place.lowerBound - 1] == 10
            return range.side == .server && octets[place].elementsEqual(pattern.octets)
                && (!pattern.isStatus || isAtStart)
        }
    }

    /// Appends the braces with what stands in them.
    func append(_ octets: ArraySlice<UInt8>, to out: inout [UInt8]) {
        switch self {
        case .mask(let mask):
            out += "{masked \(mask.kind.name) ".utf8
            DialogueEscapes.append(octets, in: .mask, to: &out)
            out.append(UInt8(ascii: "}"))
        case .pattern(_, let pattern): out += "{\(pattern.name)}".utf8
        }
    }
}
