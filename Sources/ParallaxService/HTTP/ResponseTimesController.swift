import Hummingbird
import NIOCore
import ParallaxCore
import Settings

/// `POST /v1/response-times`: how long an application's callers waited for its answers.
struct ResponseTimesController<Context: PeerContext>: Sendable {
    let times: ApplicationTimes

    func addRoutes(to routes: inout RouteTable<Context>) {
        routes.on("/v1/response-times", [.post]) { request, context in
            guard times.token?.current.matches(authorization: request.headers[.authorization]) ?? true else {
                throw RequestError.unauthorizedReport
            }
            let body = try ResponseTimesBody(try await collect(request.body))
            return try Response(
                json: times.record(body.reports, from: context.peer?.description ?? ""), status: .accepted)
        }
    }

    private func collect(_ body: RequestBody) async throws -> ByteBuffer {
        do {
            return try await body.collect(upTo: ResponseTimesBody.maximumBytes)
        } catch {
            throw RequestError(reading: error, maximumBytes: ResponseTimesBody.maximumBytes)
        }
    }
}

/// The body of reported response times: `{"response_times": [12.5, {"milliseconds", "identifier", "organization"}]}`.
struct ResponseTimesBody: Equatable, Sendable {
    /// The most bytes that a body may have.
    static let maximumBytes = 256 * 1024
    static let maximumReports = 1_000
    /// Ten minutes; no answer is waited for longer.
    static let maximumMilliseconds = 600_000.0

    private static let list = "response_times"
    private static let number = "a number from 0 to \(Int(maximumMilliseconds))"

    let reports: [ApplicationTimes.Report]

    /// Reads a body. Fields of other names are skipped, but must be JSON.
    ///
    /// - Throws: ``RequestError`` saying what is wrong with which field.
    init(_ body: ByteBuffer) throws(RequestError) {
        var reports: [ApplicationTimes.Report]?
        try BodyReader.read(body) { (reader, name) throws(RequestError) in
            guard name == Self.list else { return try reader.skip() }
            guard reports == nil else { throw .repeatedField(name) }
            reports = try Self.readReports(&reader)
        }
        guard let reports else { throw .missingField(Self.list) }
        self.reports = reports
    }

    private static func readReports(_ reader: inout BodyReader) throws(RequestError) -> [ApplicationTimes.Report] {
        var reports: [ApplicationTimes.Report] = []
        try reader.readList(list) { (reader) throws(RequestError) in
            guard reports.count < maximumReports else {
                throw .wrongType(field: list, expected: "a list of at most \(maximumReports)")
            }
            reports.append(try readReport(named: "\(list)[\(reports.count)]", &reader))
        }
        return reports
    }

    private static func readReport(
        named name: String, _ reader: inout BodyReader
    ) throws(RequestError) -> ApplicationTimes.Report {
        var fields = Fields()
        let isObject = try reader.readObject { (reader, field) throws(RequestError) in
            try fields.read(field, path: "\(name).\(field)", &reader)
        }
        guard isObject else {
            return ApplicationTimes.Report(
                duration: try readMilliseconds(name, expected: number + ", or an object with one", &reader))
        }
        return try fields.makeReport(named: name)
    }

    private static func readMilliseconds(
        _ name: String, expected: String = number, _ reader: inout BodyReader
    ) throws(RequestError) -> Duration {
        let text = try reader.readNumber(name, expected: expected).text
        guard let value = Double(text), (0...maximumMilliseconds).contains(value) else {
            throw .wrongType(field: name, expected: expected)
        }
        return .milliseconds(value)
    }

    /// What was read of one report; `nil` if a field was not there.
    private struct Fields {
        var duration: Duration?
        var identifier: String??
        var organization: String??

        mutating func read(_ name: String, path: String, _ reader: inout BodyReader) throws(RequestError) {
            switch name {
            case "milliseconds":
                guard duration == nil else { throw .repeatedField(path) }
                duration = try readMilliseconds(path, &reader)
            case "identifier":
                guard identifier == nil else { throw .repeatedField(path) }
                identifier = .some(try reader.readTextOrNull(path))
            case "organization":
                guard organization == nil else { throw .repeatedField(path) }
                organization = .some(try reader.readTextOrNull(path))
            default: try reader.skip()
            }
        }

        func makeReport(named name: String) throws(RequestError) -> ApplicationTimes.Report {
            guard let duration else { throw .missingField("\(name).milliseconds") }
            guard let identifier = identifier ?? nil else {
                // A tenant without an identifier names no one: it would silently be counted as no name.
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
}
