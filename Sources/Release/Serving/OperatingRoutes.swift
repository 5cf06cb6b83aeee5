internal import HTTP
internal import JSON

/// The routes for those who run the server.
struct OperatingRoutes {
  let application: ServingApplication

  var routes: [Route] {
    [
      Route(
        "GET", "/health/live", "Says that the process answers.", access: .open,
        .immediate { _ in .json(["live": true]) }),
      Route(
        "GET", "/health/ready", "Says whether models and store can answer; 503 until they can.",
        access: .open, .immediate { [application] _ in application.readiness() }),
      Route(
        "GET", "/healthcheck", "Counts the series and gives latencies in milliseconds.",
        .immediate { [application] _ in application.healthcheck() }),
      Route(
        "GET", "/openapi.json", "Describes all routes.",
        .immediate { [application] _ in .json(application.openAPI) }),
      Route(
        "GET", "/metrics", "Gives the metrics in the text format of Prometheus.",
        .immediate { [application] _ in
          .text(application.metricsPage(), contentType: MetricsPage.contentType)
        }),
    ]
  }
}
