internal import Models
internal import Tabular

extension TreeSample {
  /// Replaces the categories of a column by their places in a random order, and tells the places.
  ///
  /// - Parameter column: The position of the column in the sample.
  mutating func drawPlaces(
    column: Int, with generator: inout SeededGenerator
  ) -> CategoryPlaces {
    var counts: [Scalar: Int] = [:]
    let width = features.count
    for row in 0..<rowCount where !cells[row * width + column].isNaN {
      counts[cells[row * width + column], default: 0] += 1
    }
    let codes = counts.keys.sorted()
    var places = Array(codes.indices)
    for last in places.indices.dropFirst().reversed() {
      places.swapAt(last, generator.below(last + 1))
    }
    // Of the categories with the fewest rows the first: the codes are in no order that means anything.
    let rarest = codes.indices.min { (counts[codes[$0]] ?? 0) < (counts[codes[$1]] ?? 0) } ?? 0
    let placeOfCode = Dictionary(uniqueKeysWithValues: zip(codes, places))
    var sum = 0.0
    for row in 0..<rowCount {
      guard let place = placeOfCode[cells[row * width + column]] else { continue }
      cells[row * width + column] = Scalar(place)
      sum += Double(place)
    }
    return CategoryPlaces(
      feature: features[column], codes: codes.map { Double($0) }, places: places.map(Int32.init),
      otherPlaces: [codes.isEmpty ? 0 : Int32(places[rarest])],
      centers: [codes.isEmpty ? 0 : sum / Double(counts.values.reduce(0, +))])
  }
}
