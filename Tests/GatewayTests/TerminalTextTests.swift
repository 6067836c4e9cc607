import Gateway
import Testing

@Suite struct TerminalTextTests {
  @Test(arguments: [
    ("", 0), ("plain", 5), ("Tomáš", 5), ("e\u{301}", 1), ("日本語", 6), ("한국", 4), ("ｆｕｌｌ", 8),
    ("🙂", 2), ("👩‍👩‍👧", 2), ("👍🏽", 2), ("🇩🇪", 2), ("❤️", 2), ("❤", 1), ("–…", 2), ("ไทย", 3),
    ("مرحبا", 5), ("\u{200D}", 0), ("한", 2),
  ])
  func widthIsThatOnATerminal(text: String, width: Int) {
    #expect(TerminalText.width(text) == width)
  }

  @Test(arguments: [
    ("plain", "plain"), ("\u{1B}[31mred\u{1B}[0m", "?[31mred?[0m"), ("a\nb\tc\rd\0e", "a?b?c?d?e"),
    ("\u{9B}31m", "?31m"), ("\u{7F}", "?"), ("\u{202E}gnp.exe", "?gnp.exe"),
    ("\u{2066}x\u{2069}", "?x?"), ("\u{2028}", "?"), ("\r\n", "??"), ("👩‍👩‍👧 日本", "👩‍👩‍👧 日本"),
    ("\u{E0041}", "?"), ("\u{FEFF}", "?"),
  ])
  func nothingThatMovesTheCursorIsPrintable(text: String, shown: String) {
    #expect(TerminalText.printable(text) == shown)
  }

  @Test(arguments: [
    ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("abcdef", 1, "…"), ("abcdef", 0, ""),
    ("日本語", 6, "日本語"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("日本語", 2, "…"),
    ("👩‍👩‍👧x", 2, "…"), ("👩‍👩‍👧xy", 3, "👩‍👩‍👧…"),
  ])
  func textIsCutToItsColumns(text: String, width: Int, shown: String) {
    #expect(TerminalText.cut(text, to: width) == shown)
    #expect(TerminalText.width(TerminalText.cut(text, to: width)) <= width)
  }
}
