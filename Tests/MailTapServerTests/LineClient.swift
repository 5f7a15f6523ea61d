import NIOCore
import NIOPosix

/// A client for end-to-end tests: sends octets, waits until what came ends with a given text.
enum LineClient {
    struct EndOfInput: Error {
        var received: String
    }

    /// Connects to a loopback port, runs the dialogue, closes.
    ///
    /// - Parameters:
    ///   - port: where to.
    ///   - steps: each the octets to send and the text that ends the answer.
    /// - Returns: everything that came.
    static func talk(to port: Int, _ steps: [(send: String, until: String)]) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var received = ""
            var pending = ""
            var iterator = inbound.makeAsyncIterator()
            for step in steps {
                if !step.send.isEmpty { try await outbound.write(ByteBuffer(string: step.send)) }
                while !pending.hasSuffix(step.until) {
                    guard let buffer = try await iterator.next() else { throw EndOfInput(received: received) }
                    pending += String(buffer: buffer)
                    received += String(buffer: buffer)
                }
                pending = ""
            }
            return received
        }
    }
}
