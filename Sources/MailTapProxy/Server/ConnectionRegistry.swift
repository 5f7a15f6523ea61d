import NIOCore
import Synchronization

/// The connections that are alive, so that a shutdown can wait for them and end them.
final class ConnectionRegistry: Sendable {
    private struct State: Sendable {
        var connections: [UInt64: NIOLoopBound<Connection>] = [:]
        var next: UInt64 = 0
        var isKilling = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        /// Connections that were accepted and whose client's channel is not closed; some may not be taken in yet.
        var accepted = 0
        /// Who wants to know when there is room for another connection.
        var acceptors: [@Sendable () -> Void] = []
        /// Whether it was full and has not been half empty since.
        var isCrowded = false

        var occupied: Int { max(accepted, connections.count) }

        mutating func takeAcceptors(capacity: Int) -> [@Sendable () -> Void] {
            if occupied <= capacity / 2 { isCrowded = false }
            guard occupied < capacity, !acceptors.isEmpty else { return [] }
            defer { acceptors = [] }
            return acceptors
        }
    }

    private let state = Mutex(State())
    /// How many connections there may be.
    private let capacity: Int

    init(capacity: Int = .max) { self.capacity = capacity }

    /// How many there are.
    var count: Int { state.withLock { $0.connections.count } }

    /// Takes a connection in; nil when everything is being ended.
    func add(_ connection: NIOLoopBound<Connection>) -> UInt64? {
        state.withLock { state in
            guard !state.isKilling else { return nil }
            state.next &+= 1
            state.connections[state.next] = connection
            return state.next
        }
    }

    func remove(_ number: UInt64) {
        let (waiters, acceptors) = state.withLock { state in
            state.connections[number] = nil
            let isEmpty = state.connections.isEmpty
            defer { if isEmpty { state.waiters = [] } }
            return (isEmpty ? state.waiters : [], state.takeAcceptors(capacity: self.capacity))
        }
        for waiter in waiters { waiter.resume() }
        for accept in acceptors { accept() }
    }

    /// A connection was accepted; `left` follows when its client's channel is closed.
    func arrived() { state.withLock { $0.accepted += 1 } }

    func left() {
        let acceptors = state.withLock { state in
            state.accepted -= 1
            return state.takeAcceptors(capacity: self.capacity)
        }
        for accept in acceptors { accept() }
    }

    /// Whether there is room for another connection.
    enum Room: Equatable {
        case free
        /// There is none; `isNews` the first time since the registry was half empty.
        case full(sessions: Int, isNews: Bool)
    }

    /// Looks for room; where there is none, `accept` is called once there is, from any thread.
    func room(else accept: @escaping @Sendable () -> Void) -> Room {
        state.withLock { state in
            guard state.occupied >= self.capacity, !state.isKilling else { return .free }
            state.acceptors.append(accept)
            defer { state.isCrowded = true }
            return .full(sessions: state.occupied, isNews: !state.isCrowded)
        }
    }

    /// Returns when no connection is left.
    func drained() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if !state.connections.isEmpty { state.waiters.append(continuation) }
                return state.connections.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
    }

    /// Ends all connections, each on its event loop, and lets no other in.
    func killAll() {
        let connections = state.withLock { state in
            state.isKilling = true
            return Array(state.connections.values)
        }
        for connection in connections {
            connection.eventLoop.execute { connection.value.kill() }
        }
    }
}
