/// How many letters apart two names are: insertions, deletions, replacements and swapped neighbours count one each.
///
/// Source: optimal string alignment, a restriction of Damerau's distance (Damerau 1964; Wagner and Fischer 1974).
enum EditDistance {
    static func between(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for i in left.indices {
            var row = [i + 1]
            for j in right.indices {
                var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    best = min(best, beforeLast[j - 1] + 1)
                }
                row.append(best)
            }
            (beforeLast, last) = (last, row)
        }
        return last[right.count]
    }

    /// The closest of some names, with its distance; the first of equals.
    static func nearest(to name: String, among names: some Sequence<String>) -> (name: String, distance: Int)? {
        names.map { (name: $0, distance: between(name, $0)) }.min { $0.distance < $1.distance }
    }
}
