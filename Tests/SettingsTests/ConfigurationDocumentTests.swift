@testable import Settings
import Foundation
import Testing

@Suite struct ConfigurationDocumentTests {
    private static let page = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("docs/configuration.md")

    @Test(
        "the page lists every setting under its group as the catalog has it, and no other",
        arguments: Setting.Group.allCases)
    func listsEverySetting(group: Setting.Group) throws {
        let page = try String(contentsOf: Self.page, encoding: .utf8)
        let section = try #require(page.range(of: "\n## \(group.rawValue)\n"))
        let rest = page[section.upperBound...]
        let end = rest.range(of: "\n## ")?.lowerBound ?? rest.endIndex
        let rows = rest[..<end].split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
        #expect(rows == Setting.documentation(of: group))
    }
}
