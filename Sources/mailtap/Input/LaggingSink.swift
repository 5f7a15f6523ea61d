/// A sink that may give out what it has a little later than it could, so as to use other cores.
protocol LaggingSink: AnyObject {
    /// False where a person or a program waits at the other end of a pipe that is still being written.
    var mayLag: Bool { get set }
}
