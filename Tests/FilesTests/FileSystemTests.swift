@testable import Files
import Glibc
import Testing

/// A folder of its own for one test.
final class ScratchFolder {
  let path: String

  init() {
    var generator = SystemRandomNumberGenerator()
    path = "/tmp/anomalyze-test-\(getpid())-\(generator.next())"
  }

  deinit { try? FileSystem.removeTree(path) }
}

@Suite struct FileSystemTests {
  let scratch = ScratchFolder()

  init() throws { try FileSystem.createDirectory(scratch.path) }

  @Test func `an atomic write replaces what was there`() throws {
    let file = scratch.path + "/file"
    try FileSystem.writeAtomically(Array("one".utf8), to: file)
    try FileSystem.writeAtomically(Array("two".utf8), to: file)
    #expect(try FileSystem.readText(file) == "two")
    #expect(try FileSystem.contents(ofDirectory: scratch.path) == ["file"])
  }

  @Test func `a missing file says which`() {
    let error = #expect(throws: FileError.self) { try FileSystem.read("/nonexistent/file") }
    #expect(error?.isMissing == true)
    #expect(error?.description == "cannot open /nonexistent/file: No such file or directory")
  }

  @Test func `a link moves in one step`() throws {
    let link = scratch.path + "/link"
    #expect(try FileSystem.symbolicLinkTarget(link) == nil)
    try FileSystem.replaceSymbolicLink(at: link, target: "1")
    try FileSystem.replaceSymbolicLink(at: link, target: "2")
    #expect(try FileSystem.symbolicLinkTarget(link) == "2")
  }

  @Test func `a staged folder appears whole and read-only`() throws {
    let destination = scratch.path + "/models/7"
    let staged = try StagedDirectory(destination: destination)
    try staged.write([1], to: "plots/a.svg")
    #expect(!FileSystem.exists(destination))
    try staged.commit(readOnly: true)
    #expect(try FileSystem.read(destination + "/plots/a.svg") == [1])
    #expect(try FileSystem.contents(ofDirectory: scratch.path + "/models") == ["7"])
  }

  @Test func `a staged folder that is dropped leaves nothing`() throws {
    do {
      let staged = try StagedDirectory(destination: scratch.path + "/dropped")
      try staged.write([1], to: "file")
    }
    #expect(try FileSystem.contents(ofDirectory: scratch.path).isEmpty)
  }

  @Test func `a taken destination is not replaced`() throws {
    let destination = scratch.path + "/1"
    let first = try StagedDirectory(destination: destination)
    try first.write([1], to: "file")
    try first.commit(readOnly: true)
    #expect(throws: FileError.alreadyExists(path: destination)) {
      let second = try StagedDirectory(destination: destination)
      try second.write([2], to: "file")
      try second.commit(readOnly: true)
    }
    #expect(try FileSystem.read(destination + "/file") == [1])
  }

  @Test func `a lock has one owner at a time`() throws {
    let path = scratch.path + "/lock"
    do {
      let lock = try LockFile(path)
      #expect(throws: FileError.busy(path: path, holder: getpid())) {
        let second = try LockFile(path)
        _ = consume second
      }
      _ = consume lock
    }
    _ = try LockFile(path)
  }

  @Test func `a lock ends with its owner though the file is open elsewhere`() throws {
    let path = scratch.path + "/lock"
    let lock = try LockFile(path)
    // As in a program that was forked from this one and has not yet become another.
    let copy = dup(lock.descriptor)
    defer { close(copy) }
    _ = consume lock
    _ = try LockFile(path)
  }

  @Test func `the digest of a file is that of its bytes`() throws {
    let file = scratch.path + "/abc"
    try FileSystem.writeAtomically(Array("abc".utf8), to: file)
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(try SHA256.digest(ofFile: file).hexadecimal == expected)
    try FileSystem.writeAtomically([], to: file)
    #expect(
      try SHA256.digest(ofFile: file).hexadecimal
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }
}
