/// Categories as numbers: a text's code is the same in every table, so nothing has to be kept to read the next one.
public enum CategoryCode {
  /// The code of `text`: a whole number below 2²⁴, exact in single precision.
  ///
  /// Two texts share a code once in 16.8 million pairs; they are then one category.
  public static func of(_ text: String) -> Double { Double(StableHash.of(text) >> 40) }
}
