package import Bytes

/// One upstream API: what it can do, and pure translation to and from its wire format. No I/O.
///
/// A new provider is one type that conforms, one line in `ProviderCatalog.all`, and one folder of
/// fixtures; the contract suite runs over every entry of the catalogue.
package protocol SessionProvider: Sendable {
  /// Lower case, as in the `provider` field, and in capitals in the names of variables.
  var name: String { get }
  /// Scheme and authority, without a slash at the end.
  var defaultBaseURL: String { get }
  /// How its list can be addressed.
  var windows: WindowLimits { get }
  /// The order its list comes in when it is asked for `order`, and nil when its list has no known
  /// relation to it (then it is scanned). A list in the reversed order is read from its end.
  func nativeOrder(for order: SessionOrder) -> SessionOrder?
  /// Names of the members of `attributes`, in the order of `Session.attributes`.
  var attributes: [String] { get }
  /// Those among `attributes` that are shown only with the permission `contact`.
  var contactAttributes: Set<String> { get }
  /// Filters that the upstream does itself, losslessly, by the API's parameter names.
  var pushedDown: [String] { get }
  /// Parameters that are passed on to this provider alone.
  var parameters: [PassedOnParameter] { get }
  /// The field that carries the credential.
  func credential(_ key: String) -> (name: String, value: String)
  /// Whether anything at this provider can match; false spares every request.
  func canMatch(_ filter: SessionFilter) -> Bool
  /// Request target (path and query) for a piece of the list. What it pushes down never loses a row
  /// that `filter` accepts; rows that it lets through in excess are filtered again by the caller.
  func listTarget(_ window: WindowRequest, order: SessionOrder, filter: SessionFilter) -> String
  /// Reads the answer to `listTarget`. Throws when the body is not what the provider documents;
  /// a single bad item is left out and counted instead. Takes ownership of `body`.
  func window(
    from body: ByteBuffer, answering request: WindowRequest
  ) throws(PayloadError) -> Window
  /// Request target for one session. The id stays one path segment, whatever it holds.
  func itemTarget(nativeID: String) -> String
  /// Reads the answer to `itemTarget`: a window of one session. Takes ownership of `body`.
  func item(from body: ByteBuffer) throws(PayloadError) -> Window
}

/// A piece of an upstream's list, by raw rows from its start.
package struct WindowRequest: Hashable, Sendable {
  package var offset: Int
  package var count: Int
  package init(offset: Int, count: Int) {
    self.offset = offset
    self.count = count
  }
}

/// How an upstream's list is addressed.
package struct WindowLimits: Sendable {
  package enum Addressing: Sendable {
    /// Any offset with any count up to the maximum.
    case offset
    /// Pages of `count` rows, numbered from 1: the offset is a multiple of the count.
    case page
  }
  package var maximum: Int
  package var addressing: Addressing
  package init(maximum: Int, addressing: Addressing) {
    self.maximum = maximum
    self.addressing = addressing
  }
}

/// A parameter of one provider that the gateway passes on, named `<provider>.<name>`.
package struct PassedOnParameter: Sendable {
  package enum Kind: String, Sendable { case boolean, text, uuid }
  package var name: String
  package var kind: Kind
  package init(name: String, kind: Kind) {
    self.name = name
    self.kind = kind
  }
}

/// An upstream answered something that is not what it documents. `reason` names the place and what
/// was expected there, and never holds any of the body's text.
package struct PayloadError: Error, Equatable {
  package var reason: String
  package init(_ reason: String) { self.reason = reason }
}
