import Archives
import Files
import Subprocess
import Testing

/// A folder for one test, removed when dropped.
private struct Scratch: ~Copyable {
  let path = "/tmp/anomalyze-archives-\(UInt64.random(in: 0...UInt64.max))"
  init() throws { try FileSystem.createDirectory(path) }
  deinit { try? FileSystem.removeTree(path) }
}

@Suite struct TarTests {
  @Test func `what goes in comes out, and equal files give equal bytes`() throws {
    let scratch = try Scratch()
    let files: [(String, [UInt8])] = [
      ("version.json", Array("{}".utf8)), ("files/plots/curve.svg", []),
      ("files/model.bin", (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }),
    ]
    func archive() throws -> [UInt8] {
      var writer = try TarWriter()
      for (name, bytes) in files { try writer.add(name, bytes) }
      return try writer.finish()
    }
    let bytes = try archive()
    #expect(try archive() == bytes)
    try FileSystem.writeAtomically(bytes, to: scratch.path + "/a.tar.zst")
    var reader = try TarReader(scratch.path + "/a.tar.zst", byteLimit: 1 << 20)
    for (name, bytes) in files {
      let member = try reader.next()
      #expect(member?.name == name && member?.bytes == bytes)
    }
    #expect(try reader.next() == nil)
  }

  /// Members that Python's tarfile writes without a word.
  private static let hostile = """
    import io, sys, tarfile
    path, kind = sys.argv[1:]
    with tarfile.open(path, 'w') as archive:
        def add(name, size=3, type=tarfile.REGTYPE, target=''):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = type, target
            member.size = size if type == tarfile.REGTYPE else 0
            archive.addfile(member, io.BytesIO(bytes(member.size)) if member.size else None)
        add('fine')
        if kind == 'traversal': add('files/../../evil')
        if kind == 'absolute': add('/etc/evil')
        if kind == 'symlink': add('link', type=tarfile.SYMTYPE, target='/etc/passwd')
        if kind == 'hardlink': add('link', type=tarfile.LNKTYPE, target='fine')
        if kind == 'device': add('null', type=tarfile.CHRTYPE)
        if kind == 'twice': add('fine')
        if kind == 'large': add('zeros', size=2_000_000)
        if kind == 'many': [add(f'f{i}') for i in range(200)]
        if kind == 'backslash': add('files\\\\..\\\\evil')
    """

  @Test(arguments: [
    "traversal", "absolute", "symlink", "hardlink", "device", "twice", "large", "many",
    "backslash", "cut", "noise",
  ])
  func `a hostile archive is refused`(kind: String) throws {
    let scratch = try Scratch()
    let path = scratch.path + "/hostile.tar"
    let made = try Subprocess(
      path: Subprocess.locate("python3"), arguments: ["-c", Self.hostile, path, kind]
    ).run()
    try #require(made.exitCode == 0, "\(String(decoding: made.errorOutput, as: UTF8.self))")
    if kind == "cut" {
      try FileSystem.writeAtomically(Array(FileSystem.read(path).prefix(700)), to: path)
    }
    if kind == "noise" {
      try FileSystem.writeAtomically(
        (0..<4_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }, to: path)
    }
    #expect(throws: ArchiveError.self) {
      var reader = try TarReader(path, byteLimit: 1_000_000, memberLimit: 100)
      while try reader.next() != nil {}
    }
  }

  @Test func `a bomb stops at what it declared`() throws {
    let scratch = try Scratch()
    var writer = try TarWriter()
    try writer.add("version.json", Array("{}".utf8))
    try writer.add("zeros", [UInt8](repeating: 0, count: 40_000_000))
    let bytes = try writer.finish()
    #expect(bytes.count < 40_000)
    try FileSystem.writeAtomically(bytes, to: scratch.path + "/bomb.tar.zst")
    var reader = try TarReader(scratch.path + "/bomb.tar.zst", byteLimit: 1 << 30)
    _ = try reader.next()
    reader.limitRest(toByteCount: 1_000)
    do {
      _ = try reader.next()
      Issue.record("the bomb was unpacked")
    } catch {
      #expect(error == .tooLarge(path: scratch.path + "/bomb.tar.zst", byteLimit: 1 << 30))
    }
  }
}
