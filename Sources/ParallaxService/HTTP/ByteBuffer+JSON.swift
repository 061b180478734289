import NIOCore
import ParallaxCore

extension ByteBuffer {
    /// Writes a text as a JSON string, with quotes.
    mutating func writeJSON(text: String) {
        writeInteger(UInt8(ascii: "\""))
        writeString(JSONEscaping.inQuotes(text))
        writeInteger(UInt8(ascii: "\""))
    }

    /// Writes a number in decimal digits.
    mutating func writeJSON(number: Int64) {
        writeString(String(number))
    }
}
