internal import CYAML

/// What the parser saw, and where.
struct YAMLEvent {
  enum Kind {
    case streamStart
    case streamEnd
    case documentStart
    case documentEnd
    case scalar(String, isPlain: Bool)
    case alias(String)
    case sequenceStart
    case mappingStart
    case collectionEnd
  }

  var kind: Kind
  var position: YAMLPosition
  var anchor: String?
  var hasTag = false
}

/// The events of one text, read by libyaml one at a time.
@safe
struct YAMLEvents: ~Copyable {
  // libyaml keeps a pointer to its own parser and to the text, so both need an address that stays.
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let text: UnsafeMutableBufferPointer<UInt8>
  private let file: String?

  init(bytes: [UInt8], file: String?) {
    self.file = file
    unsafe text = UnsafeMutableBufferPointer.allocate(capacity: max(bytes.count, 1))
    _ = unsafe text.initialize(fromContentsOf: bytes)
    unsafe parser = UnsafeMutablePointer.allocate(capacity: 1)
    precondition(unsafe yaml_parser_initialize(parser) == 1, "out of memory")
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    unsafe yaml_parser_set_input_string(parser, text.baseAddress, bytes.count)
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe text.deallocate()
  }

  /// The next event; after the end of the stream, the end again.
  mutating func next() throws(YAMLError) -> YAMLEvent {
    var event = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
    defer { unsafe yaml_event_delete(&event) }
    let position = unsafe YAMLPosition(event.start_mark)
    func make(_ kind: YAMLEvent.Kind) -> YAMLEvent { YAMLEvent(kind: kind, position: position) }
    switch unsafe event.type {
    case YAML_STREAM_START_EVENT: return make(.streamStart)
    case YAML_DOCUMENT_START_EVENT: return make(.documentStart)
    case YAML_DOCUMENT_END_EVENT: return make(.documentEnd)
    case YAML_ALIAS_EVENT:
      return unsafe make(.alias(String(copying: event.data.alias.anchor) ?? ""))
    case YAML_SCALAR_EVENT:
      let scalar = unsafe event.data.scalar
      let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      let isPlain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE
      var result = make(
        .scalar(unsafe String(decoding: bytes, as: UTF8.self), isPlain: isPlain))
      result.anchor = unsafe String(copying: scalar.anchor)
      result.hasTag = unsafe scalar.tag != nil
      return result
    case YAML_SEQUENCE_START_EVENT:
      var result = make(.sequenceStart)
      result.anchor = unsafe String(copying: event.data.sequence_start.anchor)
      result.hasTag = unsafe event.data.sequence_start.tag != nil
      return result
    case YAML_MAPPING_START_EVENT:
      var result = make(.mappingStart)
      result.anchor = unsafe String(copying: event.data.mapping_start.anchor)
      result.hasTag = unsafe event.data.mapping_start.tag != nil
      return result
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return make(.collectionEnd)
    default: return make(.streamEnd)
    }
  }

  /// libyaml's messages are fixed texts: they quote nothing of the document.
  private func syntaxError() -> YAMLError {
    let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) }
    let context = unsafe parser.pointee.context.map { unsafe String(cString: $0) }
    let isReaderError = unsafe parser.pointee.error == YAML_READER_ERROR
    let mark = unsafe isReaderError ? parser.pointee.mark : parser.pointee.problem_mark
    let reason = [context, problem ?? "the text cannot be read"].compactMap(\.self)
    return YAMLError(
      file: file, position: YAMLPosition(mark), path: "",
      reason: reason.joined(separator: ", "))
  }
}

extension YAMLPosition {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }
}

extension String {
  fileprivate init?(copying text: UnsafeMutablePointer<yaml_char_t>?) {
    guard let text = unsafe text else { return nil }
    self = unsafe String(cString: text)
  }
}
