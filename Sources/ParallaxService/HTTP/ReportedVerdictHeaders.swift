import HTTPTypes
import ParallaxCore
import Settings

/// A report in headers: what a gateway's own limiter said, and the gateway's name for the request.
struct ReportedVerdictHeaders: Equatable {
    var verdict: ReportedVerdict?
    var requestID: String?
}

extension CallerIdentification {
    /// What a trusted proxy reports of its own limiter; nothing from anyone else, or if no headers are named for it.
    ///
    /// - Throws: ``RequestError`` naming the header that is wrong.
    func reported(peer: IPAddress?, headers: HTTPFields) throws(RequestError) -> ReportedVerdictHeaders {
        guard !controlHeaders.isEmpty, addresses.trusts(peer) else { return ReportedVerdictHeaders() }
        let reader = ReportedHeaderReader(names: controlHeaders, headers: headers)
        var report = ReportedVerdictHeaders(requestID: try reader.text(.requestID))
        guard let isAllowed = try reader.verdict(.allowed) else { return report }
        report.verdict = ReportedVerdict(
            isAllowed: isAllowed, limitedBy: try reader.text(.limitedBy),
            remaining: try reader.number(.remaining).map { Int($0) }, limit: try reader.number(.limit).map { Int($0) },
            retryAfterMilliseconds: try reader.number(.retryAfterMilliseconds), instance: try reader.text(.instance),
            judgedAt: try reader.time(.judgedAt), isFinal: try reader.verdict(.isFinal) ?? false)
        return report
    }
}

/// Reads single fields of a report from their headers; one that is absent or empty is not reported.
private struct ReportedHeaderReader {
    /// What nginx's `$limit_req_status` says: with a dry run the request goes on, and the verdict is reported.
    private static let verdicts = [
        "true": true, "1": true, "PASSED": true, "DELAYED": true, "DELAYED_DRY_RUN": true,
        "false": false, "0": false, "REJECTED": false, "REJECTED_DRY_RUN": false,
    ]

    let names: ControlHeaders
    let headers: HTTPFields

    func verdict(_ field: ControlHeaders.Field) throws(RequestError) -> Bool? {
        guard let (name, text) = try value(field) else { return nil }
        guard let verdict = Self.verdicts[text] else {
            throw .invalidHeader(name: name, expected: "true, false or what nginx's $limit_req_status says")
        }
        return verdict
    }

    func text(_ field: ControlHeaders.Field) throws(RequestError) -> String? {
        guard let (name, text) = try value(field) else { return nil }
        guard text.utf8.count <= ReportedVerdict.maximumTextBytes else {
            throw .invalidHeader(name: name, expected: "at most \(ReportedVerdict.maximumTextBytes) bytes")
        }
        return text
    }

    func number(_ field: ControlHeaders.Field) throws(RequestError) -> Int64? {
        guard let (name, text) = try value(field) else { return nil }
        return try whole(text, name)
    }

    /// Epoch milliseconds, or seconds with three decimals as nginx's `$msec`.
    func time(_ field: ControlHeaders.Field) throws(RequestError) -> Timestamp? {
        guard let (name, text) = try value(field) else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let isSeconds = parts.count == 2 && parts[1].utf8.count == 3
        return Timestamp(milliseconds: try whole(isSeconds ? parts.joined() : text, name))
    }

    private func whole(_ text: String, _ name: String) throws(RequestError) -> Int64 {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let value = Int64(text),
            value <= BodyReader.maximumReportedNumber
        else {
            throw .invalidHeader(name: name, expected: "a whole number from 0 to \(BodyReader.maximumReportedNumber)")
        }
        return value
    }

    private func value(_ field: ControlHeaders.Field) throws(RequestError) -> (name: String, text: String)? {
        guard let name = names.names[field], let text = try CallerIdentification.value(of: name, in: headers),
            !text.isEmpty
        else { return nil }
        return (name.rawName, text)
    }
}
