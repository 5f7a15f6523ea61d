import NIOCore
import NIOHTTP1

/// Answers one request and closes; whatever else comes is not heard.
final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case waiting
        case heard(HTTPRequestHead)
        case answered
    }

    private let source: MetricsServer.Source
    private var state = State.waiting
    private var deadline: Scheduled<Void>?

    init(_ source: MetricsServer.Source) { self.source = source }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: .seconds(MetricsServer.deadline)) { channel.close(promise: nil) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .waiting): state = .heard(head)
        case (.body, .heard(let head)): answer(.payloadTooLarge, "a request has no body here\n", head, context)
        case (.end, .heard(let head)): answer(head, context)
        case (.head, _), (.body, _), (.end, _): break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard head.method == .GET || head.method == .HEAD else {
            return answer(.methodNotAllowed, "only GET and HEAD are answered\n", head, context)
        }
        switch head.uri.prefix(while: { $0 != "?" }) {
        case "/metrics": answer(.ok, source.metrics(), head, context)
        case "/healthz":
            if let problem = source.problem() {
                answer(.serviceUnavailable, problem + "\n", head, context)
            } else {
                answer(.ok, "ok\n", head, context)
            }
        default: answer(.notFound, "there are /metrics and /healthz\n", head, context)
        }
    }

    private func answer(
        _ status: HTTPResponseStatus, _ text: String, _ head: HTTPRequestHead, _ context: ChannelHandlerContext
    ) {
        state = .answered
        var fields = HTTPHeaders()
        fields.add(name: "Content-Type", value: "text/plain; version=0.0.4; charset=utf-8")
        fields.add(name: "Content-Length", value: String(text.utf8.count))
        fields.add(name: "Connection", value: "close")
        fields.add(name: "X-Content-Type-Options", value: "nosniff")
        if status == .methodNotAllowed { fields.add(name: "Allow", value: "GET, HEAD") }
        let answer = HTTPResponseHead(version: .http1_1, status: status, headers: fields)
        context.write(wrapOutboundOut(.head(answer)), promise: nil)
        if head.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }
}

@available(*, unavailable)
extension MetricsHandler: Sendable {}
