/// The words that servers say in every reply, so that they tell nothing of a session.
public enum ReplyWords {
    /// In lower case.
    public static let ordinary: Set<[UInt8]> = {
        let words = """
            a able about above accept accepted accepting access account action active additional address addresses after again all \
            allocated allowed already also an and another any anonymous apop are argument arguments as ask at attempt \
            attempts auth authenticate authenticated authentication authorization authorized available bad banner bare be \
            because been before begin begins bell binary bit block blocked body bounce but by bye bytes cache can cannot \
            capabilities capability certificate change channel character characters charset check checked cipher class \
            clean cleanup client close closed closing code command commands completed completely concurrent configuration \
            configured connect connected connection connections contain contained contains content continue contact cr \
            cram credentials crlf current currently data database day days decode delay deleted deliver delivered delivery doesn don t s isn hasn virtual table saved sieve \
            denied destination detected did disabled disconnected disk dkim dmarc dns do does domain domains dot dovecot \
            down due duplicate during each early ehlo elapsed empty enabled encoding encrypted encryption end ended \
            ending enhanced enough enter error errors esmtp etrn exceeded exceeds exchange exim exist existing exists exit \
            expected expired expn extended external fail failed failure fatal feature few file files filter first follow \
            following for forbidden format forward found free from full further fwd get go good goodbye gracefully \
            greeting greylisted greylisting hang has hash have header headers hello helo help here host hostname hosts how \
            id idle if illegal imap implemented improper in inactivity incoming incorrect information initial input inside insufficient \
            internal into invalid is issue it its key known large later left length less lf lhlo limit limited limits line \
            lines list listing lmtp local located lock locked log logged logging login logout long loop mail mailbox \
            mailboxes maildrop mails many marked match maximum may mechanism mechanisms memory message messages method \
            minute minutes missing mode more moved must mx name names need needed network never new next no noauth none noop \
            not nothing now null number occurred octet octets of off offered ok okay on once one only open operation option \
            options or order other out outgoing over own parameter parameters parse part parts password path payload \
            per perform permanent permanently permission permitted pipelining plain please pleased policy pop pop3 pop3d \
            port possible postfix postmaster prefix problem problems process processed processing prohibited protocol \
            provide provided queue queued quit quota rate read ready reason rebuilding receive received recipient \
            recipients recognized record recursion refused reject rejected rejection relay relayed relaying remaining remote removed \
            repeat reply request requested require required requires reserved reset resources response restart restricted \
            restriction retr retry return reverse rset run running same sasl say scan second seconds secure security see \
            send sender sending sendmail sent sequence server service session sessions set shutdown shutting signing \
            signoff since size sleep smtp smtputf8 software some space spam specified spf start started starting starttls \
            stat state status step still stls stop storage stored string submission submit submitted success such successful \
            successfully support supported sure sync syntax system take taken temporarily temporary terminate terminated \
            termination text than thank thanks that the then there this time timed timeout times tls to too top total \
            traffic trailing transaction transfer transmission transmitted transport try turn type uidl unable unacceptable \
            unavailable under unexpected unique unknown unlock unrecognized unsupported until up update use used user \
            username users using valid value verified verify version virus vrfy wait waiting was way welcome were when \
            which while will wish with without words write wrong yet you your
            """
        return Set(words.split { $0 == " " || $0 == "\n" }.map { Array($0.utf8) })
    }()
}

extension RawSpan {
    /// The words in `range` that servers do not say in every reply, and that may so be a secret nobody has seen.
    ///
    /// Ordinary are words of `ReplyWords`, also joined by punctuation, numbers of up to five digits, as message and process
    /// numbers are, and what has no more than three letters and digits.
    func unusualWords(in range: Range<Int>) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var word = self.word(from: range.lowerBound, to: range.upperBound)
        while !word.isEmpty {
            if isUnusual(word) { found.append(word) }
            word = self.word(from: word.upperBound, to: range.upperBound)
        }
        return found
    }

    private func isUnusual(_ word: Range<Int>) -> Bool {
        var pieces: [[UInt8]] = [[]]
        for index in word {
            let octet = self[octet: index]
            if octet >= 128 || (48...57).contains(octet) || (97...122).contains(octet | 32) {
                pieces[pieces.count - 1].append((65...90).contains(octet) ? octet | 32 : octet)
            } else if pieces.last?.isEmpty == false {
                pieces.append([])
            }
        }
        if pieces.last?.isEmpty == true { pieces.removeLast() }
        guard pieces.count > 1 || (pieces.first?.count ?? 0) > 3 else { return false }
        return !pieces.allSatisfy { piece in
            ReplyWords.ordinary.contains(piece) || piece.count <= 5 && piece.allSatisfy { (48...57).contains($0) }
        }
    }
}
