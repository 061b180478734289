import Foundation

/// Shapes of a drawing. Colours come from classes, so that they follow the page's light or dark.
enum SVG {
    /// A drawing with a title and a description for those who do not see it.
    ///
    /// - Parameter id: Unique in the page.
    static func drawing(
        id: String, title: String, description: String, width: Double, height: Double, _ shapes: [HTML]
    ) -> HTML {
        .element(
            "svg",
            [
                "viewBox": "0 0 \(number(width)) \(number(height))", "role": "img",
                "aria-labelledby": "\(id)-title \(id)-description", "xmlns": "http://www.w3.org/2000/svg",
            ],
            [
                .element("title", ["id": "\(id)-title"], [.text(title)]),
                .element("desc", ["id": "\(id)-description"], [.text(description)]),
            ] + shapes)
    }

    /// A rectangle, with what a pointer over it is told.
    static func rectangle(
        _ name: String, x: Double, y: Double, width: Double, height: Double, title: String? = nil
    ) -> HTML {
        .element(
            "rect",
            [
                "class": name, "x": number(x), "y": number(y), "width": number(max(0, width)),
                "height": number(max(0, height)),
            ], title.map { [.element("title", [:], [.text($0)])] } ?? [])
    }

    static func line(_ name: String, from: (x: Double, y: Double), to: (x: Double, y: Double)) -> HTML {
        .element(
            "line",
            ["class": name, "x1": number(from.x), "y1": number(from.y), "x2": number(to.x), "y2": number(to.y)])
    }

    /// - Parameter anchor: `start`, `middle` or `end`.
    static func text(_ text: String, x: Double, y: Double, anchor: String = "start", class name: String? = nil) -> HTML
    {
        .element("text", ["class": name, "x": number(x), "y": number(y), "text-anchor": anchor], [.text(text)])
    }

    /// At most two decimals, with a point in every locale.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let hundredths = (value * 100).rounded() / 100
        return hundredths == hundredths.rounded() ? String(Int(hundredths)) : String(hundredths)
    }
}
