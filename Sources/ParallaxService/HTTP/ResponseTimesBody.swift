import NIOCore
import ParallaxCore

/// The body of reported response times: `{"response_times": [12.5, {"milliseconds", "identifier", "organization"}]}`.
struct ResponseTimesBody: Equatable, Sendable {
    /// The most bytes that a body may have.
    static let maximumBytes = 256 * 1024
    static let maximumReports = 1_000
    /// Ten minutes; no answer is waited for longer.
    static let maximumMilliseconds = 600_000.0

    let reports: [ApplicationTimes.Report]

    /// Reads a body. Fields of other names are skipped, but must be JSON.
    ///
    /// - Throws: ``RequestError`` saying what is wrong with which field.
    init(_ body: ByteBuffer) throws(RequestError) {
        var result: Result<[ApplicationTimes.Report], RequestError>?
        body.withUnsafeReadableBytes { bytes in
            result = Result { () throws(RequestError) in
                var reader = ResponseTimesReader(JSONScanner(bytes.bindMemory(to: UInt8.self)))
                return try reader.readBody()
            }
        }
        reports = try result!.get()
    }
}

private struct ResponseTimesReader {
    private static let list = "response_times"
    private static let number = "a number from 0 to \(Int(ResponseTimesBody.maximumMilliseconds))"

    private var scanner: JSONScanner

    init(_ scanner: JSONScanner) {
        self.scanner = scanner
    }

    mutating func readBody() throws(RequestError) -> [ApplicationTimes.Report] {
        scanner.skipBlanks()
        guard scanner.next != nil else { throw .json(scanner.fault(.empty)) }
        guard scanner.take(UInt8(ascii: "{")) else { throw .json(scanner.fault(.notAnObject)) }
        var reports: [ApplicationTimes.Report]?
        try readMembers { (reader, name) throws(RequestError) in
            guard name == Self.list else { return try reader.skip() }
            guard reports == nil else { throw .repeatedField(name) }
            reports = try reader.readList()
        }
        scanner.skipBlanks()
        guard scanner.next == nil else { throw .json(scanner.fault(.trailing)) }
        guard let reports else { throw .missingField(Self.list) }
        return reports
    }

    private mutating func readList() throws(RequestError) -> [ApplicationTimes.Report] {
        guard scanner.next == UInt8(ascii: "[") else { throw try mismatch(Self.list, expected: "a list") }
        _ = scanner.take(UInt8(ascii: "["))
        scanner.skipBlanks()
        var reports: [ApplicationTimes.Report] = []
        if scanner.take(UInt8(ascii: "]")) { return reports }
        repeat {
            scanner.skipBlanks()
            guard reports.count < ResponseTimesBody.maximumReports else {
                throw .wrongType(field: Self.list, expected: "a list of at most \(ResponseTimesBody.maximumReports)")
            }
            reports.append(try readReport(named: "\(Self.list)[\(reports.count)]"))
            scanner.skipBlanks()
        } while scanner.take(UInt8(ascii: ","))
        guard scanner.take(UInt8(ascii: "]")) else { throw .json(scanner.surprise()) }
        return reports
    }

    private mutating func readReport(named name: String) throws(RequestError) -> ApplicationTimes.Report {
        guard scanner.take(UInt8(ascii: "{")) else {
            return ApplicationTimes.Report(
                duration: try readMilliseconds(name, expected: Self.number + ", or an object with one"))
        }
        var fields = ReportFields()
        try readMembers { (reader, field) throws(RequestError) in
            let path = "\(name).\(field)"
            switch field {
            case "milliseconds":
                guard fields.duration == nil else { throw .repeatedField(path) }
                fields.duration = try reader.readMilliseconds(path, expected: Self.number)
            case "identifier":
                guard fields.identifier == nil else { throw .repeatedField(path) }
                fields.identifier = .some(try reader.readText(path))
            case "organization":
                guard fields.organization == nil else { throw .repeatedField(path) }
                fields.organization = .some(try reader.readText(path))
            default: try reader.skip()
            }
        }
        return try fields.makeReport(named: name)
    }

    private mutating func readMilliseconds(_ name: String, expected: String) throws(RequestError) -> Duration {
        guard let byte = scanner.next, byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte) else {
            throw try mismatch(name, expected: expected)
        }
        let number: (text: String, isInteger: Bool)
        do throws(JSONFault) { number = try scanner.number() } catch { throw .json(error) }
        guard let value = Double(number.text), (0...ResponseTimesBody.maximumMilliseconds).contains(value) else {
            throw .wrongType(field: name, expected: expected)
        }
        return .milliseconds(value)
    }

    /// A string; `nil` for null.
    private mutating func readText(_ name: String) throws(RequestError) -> String? {
        switch scanner.next {
        case UInt8(ascii: "n"):
            do throws(JSONFault) { try scanner.expect(word: "null") } catch { throw .json(error) }
            return nil
        case UInt8(ascii: "\""):
            do throws(JSONFault) { return try scanner.string() } catch { throw .json(error) }
        default: throw try mismatch(name, expected: "a string or null")
        }
    }

    /// Reads members up to and with the closing brace.
    private mutating func readMembers(
        _ readValue: (inout ResponseTimesReader, String) throws(RequestError) -> Void
    ) throws(RequestError) {
        scanner.skipBlanks()
        if scanner.take(UInt8(ascii: "}")) { return }
        repeat {
            let name = try readName()
            try readValue(&self, name)
            scanner.skipBlanks()
        } while scanner.take(UInt8(ascii: ","))
        guard scanner.take(UInt8(ascii: "}")) else { throw .json(scanner.surprise()) }
    }

    private mutating func readName() throws(RequestError) -> String {
        do throws(JSONFault) {
            scanner.skipBlanks()
            let name = try scanner.string()
            scanner.skipBlanks()
            try scanner.expect(UInt8(ascii: ":"))
            scanner.skipBlanks()
            return name
        } catch {
            throw .json(error)
        }
    }

    private mutating func skip() throws(RequestError) {
        do throws(JSONFault) { try scanner.skipValue() } catch { throw .json(error) }
    }

    /// The error of a value of another type, or of something that is no value at all.
    private mutating func mismatch(_ name: String, expected: String) throws(RequestError) -> RequestError {
        try skip()
        return .wrongType(field: name, expected: expected)
    }
}

/// What was read of one report; `nil` where a field was not there.
private struct ReportFields {
    var duration: Duration?
    var identifier: String??
    var organization: String??

    func makeReport(named name: String) throws(RequestError) -> ApplicationTimes.Report {
        guard let duration else { throw .missingField("\(name).milliseconds") }
        guard let identifier = identifier ?? nil else {
            // A tenant alone is nobody: half a name would be counted as none without a word.
            guard (organization ?? nil) == nil else { throw .missingField("\(name).identifier") }
            return ApplicationTimes.Report(duration: duration)
        }
        do throws(IdentityError) {
            let identity = try Identity(organization: organization ?? nil, identifier: identifier)
            return ApplicationTimes.Report(identity: identity, duration: duration)
        } catch {
            throw .invalidField("\(name): \(error.description)")
        }
    }
}
