/// Where a recorder's blocks go: a file, or what stands for one in a test.
protocol BlockStore: AnyObject {
    /// Octets that it holds.
    var size: Int { get }
    /// Octets that it could take; `.max` where nobody knows.
    var room: Int { get }
    /// Whether it still is what its name leads to.
    var isInPlace: Bool { get }
    /// Appends whole blocks.
    func append(_ bytes: [UInt8]) throws(BlockStoreFailure)
    /// Cuts the last `octets` off again.
    func withdraw(_ octets: Int)
    /// Asks the disk to keep what it was given.
    func sync() throws(BlockStoreFailure)
    /// Ends the use of the store.
    func close()
}

extension BlockStore {
    var room: Int { .max }
    var isInPlace: Bool { true }
}

/// Where writing to a store failed.
struct BlockStoreFailure: Error {
    /// Octets of the batch that stand in the store all the same; `.max` for all of them.
    var written: Int
    /// What the system said.
    var reason: String
}
