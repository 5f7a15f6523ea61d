import NIOCore
import Synchronization

/// The connections that are alive, so that a shutdown can wait for them and end them.
final class ConnectionRegistry: Sendable {
    private struct State: Sendable {
        var connections: [UInt64: NIOLoopBound<Connection>] = [:]
        var next: UInt64 = 0
        var isKilling = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

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
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.connections[number] = nil
            guard state.connections.isEmpty else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
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
