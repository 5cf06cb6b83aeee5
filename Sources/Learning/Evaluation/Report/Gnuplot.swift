internal import Subprocess

/// The plotting program (gnuplot with its SVG terminal): the same script gives the same bytes.
public struct Gnuplot: Sendable {
  private let path: String

  /// Finds the program.
  ///
  /// - Throws: `EvaluationError.plottingUnavailable` with the remedy when it is not installed.
  public init(searchPath: String = "/usr/local/bin:/usr/bin:/bin") throws(EvaluationError) {
    do {
      path = try Subprocess.locate("gnuplot", searchPath: searchPath)
    } catch {
      throw .plottingUnavailable(reason: error.description)
    }
  }

  /// The plot that `script` describes; the terminal is set here.
  ///
  /// - Throws: `EvaluationError.plottingFailed`.
  func svg(name: String, title: String, script: String) throws(EvaluationError) -> String {
    // `noenhanced` takes names as they are; `-d` reads no settings of the user.
    let terminal = """
      set terminal svg size 640,400 dynamic noenhanced font 'system-ui,14' linewidth 1.2
      set encoding utf8

      """
    let program = Subprocess(
      path: path, arguments: ["-d", "-"], environment: ["LC_ALL=C.UTF-8", "TZ=UTC"],
      secondsAllowed: 60, outputByteLimit: 16 << 20)
    do {
      let outcome = try program.run(input: Array((terminal + script).utf8))
      guard outcome.exitCode == 0, !outcome.output.isEmpty else {
        throw EvaluationError.plottingFailed(
          plot: name, reason: Gnuplot.complaint(outcome))
      }
      return PlotCleaning.clean(String(decoding: outcome.output, as: UTF8.self), title: title)
    } catch let error as EvaluationError {
      throw error
    } catch {
      throw .plottingFailed(plot: name, reason: "\(error)")
    }
  }

  /// What gnuplot says is wrong: the end of its last line, which follows the line of the script and a number.
  private static func complaint(_ outcome: Subprocess.Outcome) -> String {
    let lines = String(decoding: outcome.errorOutput, as: UTF8.self).split(separator: "\n")
    let ending = "code \(outcome.exitCode), signal \(outcome.signal)"
    return lines.last.map { "\($0) (\(ending))" } ?? ending
  }

  /// A text as gnuplot takes it without interpreting anything in it.
  static func quoted(_ text: String) -> String {
    let safe = text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
    return "'"
      + String(String.UnicodeScalarView(safe)).split(
        separator: "'", omittingEmptySubsequences: false
      ).joined(separator: "''") + "'"
  }

  /// A block of data under a name, one row a line.
  static func dataBlock(_ name: String, _ rows: [[Double]]) -> String {
    "$\(name) << END\n"
      + rows.map { row in row.map { "\($0)" }.joined(separator: " ") + "\n" }.joined() + "END\n"
  }
}
