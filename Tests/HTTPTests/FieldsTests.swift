import HTTP
import Testing

struct FieldsTests {
  @Test func `names match without case and order is kept`() {
    let fields = Fields([("Accept", "a"), ("X", "1"), ("ACCEPT", "b")])
    #expect(fields["accept"] == "a")
    #expect(fields.values("Accept") == ["a", "b"])
    #expect(fields["missing"] == nil)
    #expect(fields.contains("x") && !fields.contains("y"))
    #expect(fields.count == 3)
  }

  @Test func `remove takes every field of a name`() {
    var fields = Fields([("A", "1"), ("B", "2"), ("a", "3")])
    fields.remove("A")
    #expect(fields.values("a").isEmpty)
    #expect(fields["B"] == "2")
    #expect(fields.count == 1)
  }

  @Test func `lists are split outside quoted strings`() {
    let fields = Fields([("Accept", "a , \"x,\\\"y\", ,b"), ("Accept", ""), ("accept", "c")])
    #expect(fields.elements("Accept") == ["a", "\"x,\\\"y\"", "b", "c"])
  }
}
