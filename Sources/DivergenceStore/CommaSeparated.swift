/// Whole numbers in one short column, such as `3,17,200`.
enum CommaSeparated {
    static func encode(_ numbers: some Sequence<Int>) -> String {
        var text = ""
        for number in numbers {
            if !text.isEmpty { text.append(",") }
            text.append(String(number))
        }
        return text
    }

    static func decode(_ text: String) -> [Int] {
        text.split(separator: ",").compactMap { Int($0) }
    }
}
