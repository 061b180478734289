import ArgumentParser
import FeatureFlags
import ParallaxCore
import Testing

@testable import parallax

@Suite struct CurrentUserTests {
    @Test("the one who logged in is named, not the account that sudo made of them")
    func login() {
        #expect(
            CurrentUser.name(in: ["SUDO_USER": "ann", "LOGNAME": "root", "USER": "root"], account: "root") == "ann")
        #expect(CurrentUser.name(in: ["SUDO_USER": "", "USER": "bob"], account: "root") == "bob")
        #expect(CurrentUser.name(in: [:], account: "daemon") == "daemon")
    }

    @Test("a person in the service's account is told apart from the service", arguments: ["parallax", "parallax-ops"])
    func account(name: String) {
        for person in [CurrentUser.name(in: ["USER": name], account: "root"), CurrentUser.name(in: [:], account: name)]
        {
            #expect(person == "user \(name)")
            #expect(FlagDeclaration(by: person, reason: "test", changedAt: "t").isByPerson)
        }
    }

    @Test("a name of the service's own is refused as a person's", arguments: ["parallax", "parallax-ops", " parallax"])
    func reserved(name: String) {
        #expect(throws: ValidationError.self) { try CurrentUser.validate(by: name, reason: "test") }
        #expect(throws: Never.self) { try CurrentUser.validate(by: "parallaxa", reason: "test") }
    }
}
