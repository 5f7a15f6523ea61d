/// The command ended with a status of which everything was said already.
struct Ended: Error {
    var status: Status
    init(_ status: Status) { self.status = status }
}
