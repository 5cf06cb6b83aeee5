internal import Arguments
internal import Files
internal import Models
internal import Registry

extension LabCommand {
  static let modelOperand = CommandSyntax.Operand(
    "MODEL", "NAME, NAME@ALIAS, NAME/VERSION or a model folder")

  /// The folder of the model that the command line names: a folder with a model in it, or a version of the registry.
  func modelFolder() throws -> String {
    let reference = values.required("MODEL")
    if FileSystem.exists("\(reference)/model.json") { return reference }
    return try registry(configuration(), access: .readOnly).resolve(reference).folder
  }

  func trainedDetector() throws -> TrainedDetector {
    try TrainedDetector(loadingFrom: modelFolder())
  }
}
