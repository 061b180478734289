import Foundation

/// An evaluation's figures as a JSON object; infinities and NaN are the strings `inf`, `-inf` and `nan`.
enum StoredFigures {
    static func encode(_ figures: [String: Double]) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try encoder.encode(figures)
    }

    static func decode(_ data: Data) throws -> [String: Double] {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode([String: Double].self, from: data)
    }
}
