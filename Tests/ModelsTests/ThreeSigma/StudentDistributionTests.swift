import JSON
import Testing

@testable import Models

@Suite struct StudentDistributionTests {
  @Test func `tails and quantiles are scipy's`() throws {
    for item in try SigmaFixtures.load("three_sigma.json").list("student") {
      let student = StudentDistribution(degreesOfFreedom: item.double("df"))
      if let t = item["t"]?.doubleValue {
        let expected = item.double("upper_tail")
        #expect(abs(student.upperTail(t) - expected) <= 1e-11 * expected)
        #expect(abs(student.upperTail(-t) - (1 - expected)) <= 1e-14)
      } else {
        let expected = item.double("quantile")
        #expect(abs(student.upperQuantile(item.double("tail")) - expected) <= 1e-11 * expected)
      }
    }
  }

  @Test func `the normal tail is scipy's`() throws {
    for item in try SigmaFixtures.load("three_sigma.json").list("normal") {
      let expected = item.double("upper_tail")
      #expect(
        abs(NormalDistribution.upperTail(item.double("z")) - expected)
          <= max(1e-13 * expected, 1e-307))
    }
  }

  @Test func `extremes do not trap`() {
    let student = StudentDistribution(degreesOfFreedom: 1)
    #expect(student.upperTail(.infinity) == 0)
    #expect(student.upperTail(1e300) < 1e-200)
    #expect(student.upperTail(0) == 0.5)
    #expect(student.upperQuantile(1e-300) > 1e298)
    #expect(StudentDistribution(degreesOfFreedom: 1e9).upperTail(3) > 0.0013)
  }
}
