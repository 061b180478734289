import ArgumentParser
import Testing

@testable import parallax

/// The help of every command, whose option names are an interface.
@Suite struct GoldenHelpTests {
    private static let names = Parallax.configuration.subcommands.map(name)

    private static func name(_ command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? command._commandName
    }

    @Test("the help of the root is the golden one")
    func root() {
        Golden.expect(Parallax.helpMessage(columns: 80), is: "help/parallax.txt")
    }

    @Test("the help of a command and of all below it is the golden one", arguments: names)
    func help(of command: String) throws {
        let type = try #require(Parallax.configuration.subcommands.first { Self.name($0) == command })
        Golden.expect(Self.help(of: type, path: "parallax").joined(separator: "\n"), is: "help/\(command).txt")
    }

    private static func help(of type: any ParsableCommand.Type, path: String) -> [String] {
        let path = path + " " + name(type)
        return ["=== \(path) --help\n" + Parallax.helpMessage(for: type, columns: 80)]
            + type.configuration.subcommands.flatMap { help(of: $0, path: path) }
    }
}
