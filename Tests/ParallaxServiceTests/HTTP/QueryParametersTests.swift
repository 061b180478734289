import Testing

@testable import ParallaxService

@Suite struct QueryParametersTests {
    private func read(_ query: String?) throws -> QueryParameters {
        try QueryParameters(query, names: ["identifier", "organization"])
    }

    @Test("values are decoded, and a plus sign is one")
    func reads() throws {
        let parameters = try read("identifier=a%26b+%C3%A9=&organization=")
        #expect(parameters["identifier"] == "a&b+é=")
        #expect(parameters["organization"] == "")
        #expect(try read("%69dentifier=k")["identifier"] == "k")
        #expect(try read(nil)["identifier"] == nil && read("&&")["identifier"] == nil)
        #expect(try read("identifier")["identifier"] == "")
    }

    @Test(
        "what is not percent-encoded UTF-8 is refused by the parameter's name",
        arguments: ["%ff", "%zz", "%", "%4", "a%c3", "%ED%A0%80", "%C0%80", "%+1"])
    func refusesValues(value: String) {
        let expected = "percent-encoded UTF-8, with two hexadecimal digits after each %"
        #expect(throws: RequestError.invalidParameter(name: "identifier", expected: expected)) {
            try read("organization=acme&identifier=\(value)")
        }
    }

    @Test(
        "a parameter that is there twice is refused", arguments: ["a&identifier=b", "a&identifier=a", "&%69dentifier="])
    func refusesRepeated(rest: String) {
        #expect(throws: RequestError.invalidParameter(name: "identifier", expected: "given once")) {
            try read("identifier=\(rest)")
        }
    }

    @Test(
        "a parameter that the route does not read is refused",
        arguments: ["organisation=a", "Identifier=k", "=k", "%ff=k"])
    func refusesUnknown(query: String) {
        #expect(throws: RequestError.unknownParameter(known: ["identifier", "organization"])) { try read(query) }
    }
}
