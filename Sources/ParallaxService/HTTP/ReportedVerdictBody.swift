import ParallaxCore

/// How the caller's own verdict stands in a body: `"control": {"allowed", "limited_by", "remaining", "limit",
/// "retry_after_ms", "instance", "at_ms", "final"}`, of which only `allowed` must be there.
extension BodyReader {
    /// The largest number in a report: integers up to it are exact in every language's JSON.
    static let maximumReportedNumber: Int64 = 1 << 53 - 1

    /// Reads the verdict; `nil` for null.
    mutating func readReportedVerdict(_ name: String) throws(RequestError) -> ReportedVerdict? {
        var fields = ReportedFields(path: name)
        let isObject = try readObject { (reader, member) throws(RequestError) in try fields.read(member, &reader) }
        if isObject { return try fields.verdict }
        guard try readNull() else { throw .wrongType(field: name, expected: "an object") }
        return nil
    }

    /// A name of 1 to 64 bytes; `nil` for null.
    mutating func readShortText(_ name: String) throws(RequestError) -> String? {
        guard let text = try readTextOrNull(name) else { return nil }
        guard (1...ReportedVerdict.maximumTextBytes).contains(text.utf8.count) else {
            throw .invalidField(
                "the field \"\(name)\" must have 1 to \(ReportedVerdict.maximumTextBytes) bytes; leave it out if there is none"
            )
        }
        return text
    }
}

/// The fields of a report that were read so far; `nil` if one was not there.
private struct ReportedFields {
    let path: String
    private var seen: Set<String> = []
    private var isAllowed: Bool?
    private var report = ReportedVerdict(isAllowed: false)

    init(path: String) {
        self.path = path
    }

    var verdict: ReportedVerdict {
        get throws(RequestError) {
            guard let isAllowed else { throw .missingField("\(path).allowed") }
            var report = report
            report.isAllowed = isAllowed
            return report
        }
    }

    mutating func read(_ member: String, _ reader: inout BodyReader) throws(RequestError) {
        let name = "\(path).\(member)"
        switch member {
        case "allowed", "limited_by", "remaining", "limit", "retry_after_ms", "instance", "at_ms", "final":
            guard seen.insert(member).inserted else { throw .repeatedField(name) }
        default: return try reader.skip()
        }
        switch member {
        case "allowed": isAllowed = try reader.readBoolean(name)
        case "limited_by": report.limitedBy = try reader.readShortText(name)
        case "remaining": report.remaining = try reader.readReportedNumber(name).map { Int($0) }
        case "limit": report.limit = try reader.readReportedNumber(name).map { Int($0) }
        case "retry_after_ms": report.retryAfterMilliseconds = try reader.readReportedNumber(name)
        case "instance": report.instance = try reader.readShortText(name)
        case "at_ms": report.judgedAt = try reader.readReportedNumber(name).map { Timestamp(milliseconds: $0) }
        default: report.isFinal = try reader.readBoolean(name)
        }
    }
}
