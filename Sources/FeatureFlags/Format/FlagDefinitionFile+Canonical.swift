package import ParallaxCore

extension FlagDefinitionFile {
    private static let schema = "https://flagd.dev/schema/v0/flags.json"
    /// The shares that a migration usually goes through, ready to be chosen by hand.
    private static let usualPercentages: [Double] = [0, 1, 10, 50, 100]

    /// A new file that says these values, written as a person would.
    ///
    /// - Parameter values: A percentage outside 0 to 100 traps: the code that makes the values checks them.
    package static func canonical(_ values: FlagValues, declaration: FlagDeclaration? = nil) -> FlagDefinitionFile {
        var members: [JSONValue.Member] = [
            .init("$schema", .string(schema)),
            .init(flagsKey, .object(FlagName.allCases.map { .init($0.rawValue, flag($0, values[$0])) })),
        ]
        if let declaration { members.append(.init(FlagDeclaration.metadataKey, .object(declaration.metadata))) }
        let text = JSONValue.object(members).text(layout: .pretty) + "\n"
        do {
            return try FlagDefinitionFile(parsing: Array(text.utf8), fallback: values)
        } catch {
            preconditionFailure("a new flag file is invalid: \(error)")
        }
    }

    /// A whole flag with the variants that one would expect.
    static func flag(_ name: FlagName, _ value: FlagValue) -> JSONValue {
        var variants: [(name: String, value: FlagValue)] =
            name.isBoolean
            ? [("on", .boolean(true)), ("off", .boolean(false))]
            : usualPercentages.map { (FlagValue.number($0).description, .number($0)) }
        if !variants.contains(where: { $0.value == value }) { variants.append((value.description, value)) }
        let chosen = variants.first { $0.value == value }?.name ?? ""
        return .object([
            .init("state", .string("ENABLED")),
            .init("variants", .object(variants.map { .init($0.name, $0.value.json) })),
            .init("defaultVariant", .string(chosen)),
            .init("targeting", .object([])),
        ])
    }
}
