internal import Files
internal import HTTP

/// The page for people, and the chart library that it uses where Debian's `libjs-dygraphs` (MIT licence) is installed;
/// without it the page shows the server's own drawings.
struct DashboardRoutes {
  private static let chartLibrary = "/usr/share/javascript/dygraphs/dygraph.min.js"

  var routes: [Route] {
    [
      Route(
        "GET", "/dashboard", "Shows series, plots, models and load in a browser.", access: .open,
        .immediate { _ in
          var page = HTTPResponse.text(DashboardPage.html, contentType: "text/html; charset=utf-8")
          page.headers.append(
            (
              "Content-Security-Policy",
              "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
            ))
          return page
        }),
      Route(
        "GET", "/dashboard/dygraph.js", "Gives the chart library of the dashboard.", access: .open,
        .deferred { _, respond in
          let code = (try? FileSystem.read(DashboardRoutes.chartLibrary)) ?? []
          respond(
            HTTPResponse(
              contentType: "text/javascript", headers: [("Cache-Control", "max-age=86400")],
              body: code))
        }),
    ]
  }
}
