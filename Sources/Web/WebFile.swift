/// A file of the web pages as it is served. SwiftPM embeds `Files` in the program, so that one
/// executable is all there is to install.
package struct WebFile: Sendable {
  package let path: String
  package let contentType: String
  package let bytes: [UInt8]

  private init(_ path: String, _ contentType: String, _ bytes: [UInt8]) {
    self.path = path
    self.contentType = contentType
    self.bytes = bytes
  }

  /// What pages are made of lies under `assets`; the other paths are documented ones.
  package static let assets = "/assets/"

  package static let all: [WebFile] = [
    WebFile("/", html, PackageResources.index_html),
    WebFile("/docs", html, PackageResources.docs_html),
    WebFile("/openapi.json", "application/json", PackageResources.openapi_json),
    WebFile("/assets/icon.svg", "image/svg+xml", PackageResources.icon_svg),
    WebFile("/assets/shared.css", styles, PackageResources.shared_css),
    WebFile("/assets/explorer.css", styles, PackageResources.explorer_css),
    WebFile("/assets/explorer.js", script, PackageResources.explorer_js),
    WebFile("/assets/address.js", script, PackageResources.address_js),
    WebFile("/assets/api.js", script, PackageResources.api_js),
    WebFile("/assets/chart.js", script, PackageResources.chart_js),
    WebFile("/assets/detail.js", script, PackageResources.detail_js),
    WebFile("/assets/dom.js", script, PackageResources.dom_js),
    WebFile("/assets/export.js", script, PackageResources.export_js),
    WebFile("/assets/filters.js", script, PackageResources.filters_js),
    WebFile("/assets/format.js", script, PackageResources.format_js),
    WebFile("/assets/sources.js", script, PackageResources.sources_js),
    WebFile("/assets/table.js", script, PackageResources.table_js),
    WebFile("/assets/docs.css", styles, PackageResources.docs_css),
    WebFile("/assets/docs.js", script, PackageResources.docs_js),
  ]

  private static let html = "text/html; charset=utf-8"
  private static let styles = "text/css; charset=utf-8"
  private static let script = "text/javascript; charset=utf-8"
}
