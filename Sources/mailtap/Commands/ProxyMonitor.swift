import ArgumentParser
import MailTapAnalysis
import MailTapProxy

/// What a running proxy tells a monitoring system.
struct ProxyMonitor: Sendable {
    var traffic: TrafficMetrics
    var hub: TraceHub
    var outcome: LiveOutcome

    var source: MetricsServer.Source {
        MetricsServer.Source(metrics: { text }, problem: { outcome.problem })
    }

    private var text: String {
        var text = traffic.current.text
        TrafficCounts.family(
            "mailtap_recorder_backlog_octets", "gauge", "Octets that wait for the recorder and other outputs.", &text)
        text += "mailtap_recorder_backlog_octets \(hub.backlog)\n"
        TrafficCounts.family(
            "mailtap_recorder_lag_seconds", "gauge", "How far the recorder and other outputs are behind.", &text)
        text += "mailtap_recorder_lag_seconds \(Double(hub.lag) / 1e9)\n"
        TrafficCounts.family(
            "mailtap_recording_failed", "gauge", "Whether a part of the traffic is missing in the recording.", &text)
        text += "mailtap_recording_failed \(outcome.problem == nil ? 0 : 1)\n"
        TrafficCounts.family("mailtap_info", "gauge", "The version that runs.", &text)
        text += "mailtap_info{version=\"\(MailTap.version)\"} 1\n"
        return text
    }
}

/// An address to listen on: PORT, HOST:PORT or [IPv6]:PORT.
struct ListenArgument: ExpressibleByArgument {
    var address: ListenAddress

    init?(argument: String) {
        guard let address = try? ListenAddress(parsing: argument) else { return nil }
        self.address = address
    }
}
