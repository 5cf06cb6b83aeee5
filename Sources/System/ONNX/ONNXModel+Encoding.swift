internal import CONNX
internal import CProtobufC

extension ONNXModel {
  /// The file: the message `ModelProto` in protocol buffers' wire format. Equal models give equal bytes.
  public func encoded() -> [UInt8] {
    let arena = MessageArena()
    return withExtendedLifetime(arena) {
      let message = unsafe arena.message(self)
      let byteCount = unsafe onnx__model_proto__get_packed_size(message)
      return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
        unsafe count = onnx__model_proto__pack(message, buffer.baseAddress)
      }
    }
  }
}

/// Each value of the model as protobuf-c's structure for it.
extension MessageArena {
  fileprivate func message(_ model: ONNXModel) -> UnsafeMutablePointer<Onnx__ModelProto> {
    var message = unsafe Onnx__ModelProto()
    unsafe onnx__model_proto__init(&message)
    unsafe message.has_ir_version = 1
    unsafe message.ir_version = model.formatVersion
    unsafe message.producer_name = text(model.producer)
    unsafe message.graph = self.message(model.graph)
    let sets = unsafe model.operatorSets.map {
      unsafe operatorSet($0.domain, $0.version) as Optional
    }
    unsafe message.n_opset_import = unsafe sets.count
    unsafe message.opset_import = array(sets)
    let entries = unsafe model.metadata.map { unsafe entry($0.key, $0.value) as Optional }
    unsafe message.n_metadata_props = unsafe entries.count
    unsafe message.metadata_props = array(entries)
    return unsafe copy(message)
  }

  private func operatorSet(
    _ domain: String, _ version: Int64
  ) -> UnsafeMutablePointer<Onnx__OperatorSetIdProto> {
    var message = unsafe Onnx__OperatorSetIdProto()
    unsafe onnx__operator_set_id_proto__init(&message)
    unsafe message.domain = text(domain)
    unsafe message.has_version = 1
    unsafe message.version = version
    return unsafe copy(message)
  }

  private func entry(
    _ key: String, _ value: String
  ) -> UnsafeMutablePointer<Onnx__StringStringEntryProto> {
    var message = unsafe Onnx__StringStringEntryProto()
    unsafe onnx__string_string_entry_proto__init(&message)
    unsafe message.key = text(key)
    unsafe message.value = text(value)
    return unsafe copy(message)
  }

  private func message(_ graph: ONNXGraph) -> UnsafeMutablePointer<Onnx__GraphProto> {
    var message = unsafe Onnx__GraphProto()
    unsafe onnx__graph_proto__init(&message)
    unsafe message.name = text(graph.name)
    let nodes = unsafe graph.nodes.map { unsafe self.message($0) as Optional }
    unsafe message.n_node = unsafe nodes.count
    unsafe message.node = array(nodes)
    let constants = unsafe graph.constants.map { unsafe self.message($0) as Optional }
    unsafe message.n_initializer = unsafe constants.count
    unsafe message.initializer = array(constants)
    let inputs = unsafe graph.inputs.map { unsafe self.message($0) as Optional }
    unsafe message.n_input = unsafe inputs.count
    unsafe message.input = array(inputs)
    let outputs = unsafe graph.outputs.map { unsafe self.message($0) as Optional }
    unsafe message.n_output = unsafe outputs.count
    unsafe message.output = array(outputs)
    return unsafe copy(message)
  }

  private func message(_ node: ONNXNode) -> UnsafeMutablePointer<Onnx__NodeProto> {
    var message = unsafe Onnx__NodeProto()
    unsafe onnx__node_proto__init(&message)
    unsafe message.op_type = text(node.operation)
    unsafe message.domain = text(node.domain)
    unsafe message.n_input = node.inputs.count
    unsafe message.input = array(node.inputs.map { unsafe text($0) as Optional })
    unsafe message.n_output = node.outputs.count
    unsafe message.output = array(node.outputs.map { unsafe text($0) as Optional })
    unsafe message.n_attribute = node.attributes.count
    unsafe message.attribute = array(
      node.attributes.map { unsafe self.message($0.name, $0.value) as Optional })
    return unsafe copy(message)
  }

  private func message(
    _ name: String, _ value: ONNXNode.Attribute
  ) -> UnsafeMutablePointer<Onnx__AttributeProto> {
    var message = unsafe Onnx__AttributeProto()
    unsafe onnx__attribute_proto__init(&message)
    unsafe message.name = text(name)
    unsafe message.has_type = 1
    switch value {
    case .integer(let number):
      unsafe message.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT
      unsafe message.has_i = 1
      unsafe message.i = number
    case .text(let text):
      unsafe message.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING
      unsafe message.has_s = 1
      unsafe message.s = data(text)
    case .integers(let numbers):
      unsafe message.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS
      unsafe message.n_ints = numbers.count
      unsafe message.ints = array(numbers)
    case .floats(let numbers):
      unsafe message.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS
      unsafe message.n_floats = numbers.count
      unsafe message.floats = array(numbers)
    case .texts(let texts):
      unsafe message.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS
      unsafe message.n_strings = texts.count
      unsafe message.strings = array(texts.map { unsafe data($0) })
    case .tensor(let tensor):
      unsafe message.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR
      unsafe message.t = self.message(tensor)
    }
    return unsafe copy(message)
  }

  private func message(_ tensor: ONNXTensor) -> UnsafeMutablePointer<Onnx__TensorProto> {
    var message = unsafe Onnx__TensorProto()
    unsafe onnx__tensor_proto__init(&message)
    if !tensor.name.isEmpty { unsafe message.name = text(tensor.name) }
    unsafe message.n_dims = tensor.shape.count
    unsafe message.dims = array(tensor.shape.map(Int64.init))
    unsafe message.has_data_type = 1
    unsafe message.data_type = tensor.elements.type.rawValue
    unsafe message.has_raw_data = 1
    unsafe message.raw_data = data(tensor.elements.bytes)
    return unsafe copy(message)
  }

  private func message(_ table: ONNXGraph.Table) -> UnsafeMutablePointer<Onnx__ValueInfoProto> {
    var rows = unsafe Onnx__TensorShapeProto__Dimension()
    unsafe onnx__tensor_shape_proto__dimension__init(&rows)
    unsafe rows.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
    unsafe rows.dim_param = text("rows")
    var columns = unsafe Onnx__TensorShapeProto__Dimension()
    unsafe onnx__tensor_shape_proto__dimension__init(&columns)
    unsafe columns.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
    unsafe columns.dim_value = Int64(table.columnCount)
    var shape = unsafe Onnx__TensorShapeProto()
    unsafe onnx__tensor_shape_proto__init(&shape)
    unsafe shape.n_dim = 2
    unsafe shape.dim = array([copy(rows) as Optional, copy(columns)])
    var tensor = unsafe Onnx__TypeProto__Tensor()
    unsafe onnx__type_proto__tensor__init(&tensor)
    unsafe tensor.has_elem_type = 1
    unsafe tensor.elem_type = table.elementType.rawValue
    unsafe tensor.shape = copy(shape)
    var type = unsafe Onnx__TypeProto()
    unsafe onnx__type_proto__init(&type)
    unsafe type.value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
    unsafe type.tensor_type = copy(tensor)
    var message = unsafe Onnx__ValueInfoProto()
    unsafe onnx__value_info_proto__init(&message)
    unsafe message.name = text(table.name)
    unsafe message.type = copy(type)
    return unsafe copy(message)
  }
}
