// Each rule is shown what it must flag, and what it must let pass.
#include "tidy/rules.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pawl::tidy {
namespace {

source cpp(const std::string& text) {
  return make_source("engine/run/x.cpp", text);
}
source header(const std::string& text) {
  return make_source("engine/run/x.hpp", text);
}

std::string function_of(std::size_t lines, const std::string& head) {
  std::string text = head + " {\n";
  for (std::size_t i = 2; i < lines; ++i) text += "  if (x) { y({1, 2}); }\n";
  return "namespace pawl {\n\n" + text + "}\n\n}\n";
}

TEST(TidyMask, CommentsAndLiteralsAreBlanksOfTheSameShape) {
  const source s = cpp("a /* { */ b // {\n\"{\\\"\" '{' 1'000 R\"x({)\")x\" c\n");

  EXPECT_EQ(s.code.size(), s.text.size());
  EXPECT_EQ(s.code.find('{'), std::string::npos);
  EXPECT_NE(s.code.find("1'000"), std::string::npos);
  EXPECT_NE(s.code.find(" c\n"), std::string::npos);
  EXPECT_NE(s.uncommented.find("'{'"), std::string::npos);
}

TEST(TidyMask, AnUnfinishedLiteralDoesNotRunOverTheEnd) {
  for (const char* text : {"\"abc", "'", "R\"(abc", "R\"", "/* abc", "// abc", "\"\\"}) {
    EXPECT_EQ(cpp(text).code.size(), std::string(text).size()) << text;
  }
}

TEST(TidyRules, ALineOf101ColumnsIsLongAndOneOf100CharactersIsNot) {
  EXPECT_EQ(long_lines(cpp("\n" + std::string(101, 'x') + "\n")),
            (findings{{"engine/run/x.cpp", 2, "101 columns"}}));
  EXPECT_TRUE(long_lines(cpp(std::string(99, 'x') + "\xC3\xA4\n")).empty());
}

TEST(TidyRules, AFileOf501LinesIsLong) {
  EXPECT_TRUE(long_file(cpp(std::string(500, '\n'))).empty());
  EXPECT_EQ(long_file(cpp(std::string(501, '\n'))).size(), 1U);
  EXPECT_EQ(long_file(make_source("a.sql", std::string(501, '\n'))).size(), 1U);
}

TEST(TidyRules, AFunctionOf71LinesIsLongWhereverItStands) {
  for (const std::string head :
       {"void f(int x)", "TEST(A, B)", "class_name::class_name(int x) : a_(x), b_(1)",
        "awaitable<void> run(std::vector<int> v) const",
        "template <class T>\nauto f(T t) -> int"}) {
    const std::size_t more = head.find('\n') == std::string::npos ? 0 : 1;
    EXPECT_TRUE(long_functions(cpp(function_of(70 - more, head))).empty()) << head;
    EXPECT_EQ(long_functions(cpp(function_of(71 - more, head))).size(), 1U) << head;
  }
  const source member = cpp("struct s {\n  int a = 0;\n" + function_of(71, "void f()") + "};\n");
  EXPECT_EQ(long_functions(member).size(), 1U);
}

TEST(TidyRules, ALongTableIsNoFunction) {
  std::string table = "constexpr std::array<row, 90> rows{{\n";
  for (int i = 0; i < 90; ++i) table += "    {f(1), 2},\n";

  EXPECT_TRUE(long_functions(cpp(table + "}};\n")).empty());
}

TEST(TidyRules, BannedCodeIsFlaggedInCodeAlone) {
  for (const char* bad : {"co_spawn(e, f(), asio::detached);", "std::this_thread::sleep_for(1s);",
                          "std::system(x);", "system (\"ls\");", "sprintf(b, f);", "strcpy(a, b);",
                          "using namespace std;", "PQcancel(c, b, n);"}) {
    EXPECT_EQ(banned_code(cpp(bad)).size(), 1U) << bad;
  }
  for (const char* good :
       {"// asio::detached swallows", "f(\"system(\");", "file_system(x);", "snprintf(b, n, f);",
        "std::system_error e;", "using namespace std::chrono_literals;"}) {
    EXPECT_TRUE(banned_code(cpp(good)).empty()) << good;
  }
}

TEST(TidyRules, AVagueFileNameIsFlagged) {
  EXPECT_EQ(vague_names(make_source("engine/run/string_util.hpp", "")).size(), 1U);
  EXPECT_EQ(vague_names(make_source("engine/helpers/x.hpp", "")).size(), 1U);
  EXPECT_TRUE(vague_names(make_source("engine/run/utilisation.hpp", "")).empty());
}

TEST(TidyRules, ANoteWithoutItsKindIsFlagged) {
  EXPECT_EQ(todo_without_kind(cpp("// TODO: later\n")).size(), 1U);
  EXPECT_EQ(todo_without_kind(make_source("a.sql", "-- TODO later\n")).size(), 1U);
  EXPECT_TRUE(todo_without_kind(cpp("// TODO(perf): later\nf(\"TODO\");\n")).empty());
}

TEST(TidyRules, AHeaderNeedsItsContractAndPragmaOnce) {
  EXPECT_TRUE(header_form(header("// What it is for.\n#pragma once\n")).empty());
  EXPECT_EQ(header_form(header("#pragma once\n")).size(), 1U);
  EXPECT_EQ(header_form(header("// What it is for.\n// #pragma once\n")).size(), 1U);
}

TEST(TidyRules, AHeaderMayNotIncludeAllOfAsio) {
  const std::string start = "// What it is for.\n#pragma once\n";

  EXPECT_EQ(header_form(header(start + "#include <boost/asio.hpp>\n")).size(), 1U);
  EXPECT_TRUE(header_form(header(start + "#include <boost/asio/post.hpp>\n")).empty());
  EXPECT_TRUE(header_form(header(start + "// #include <boost/asio.hpp>\n")).empty());
}

TEST(TidyRules, AnIncludeAgainstTheDataFlowIsFlagged) {
  const auto check = [](const std::string& path, const std::string& include) {
    return include_direction(make_source(path, "#include " + include + "\n")).size();
  };

  EXPECT_EQ(check("engine/pg/x.cpp", "\"run/worker.hpp\""), 1U);
  EXPECT_EQ(check("engine/ledger/x.cpp", "\"plan/key.hpp\""), 1U);
  EXPECT_EQ(check("engine/observe/x.hpp", "\"run/worker.hpp\""), 1U);
  EXPECT_EQ(check("engine/sandbox/x.cpp", "\"pg/connection.hpp\""), 1U);
  EXPECT_EQ(check("engine/run/x.cpp", "\"cli/main.hpp\""), 1U);
  EXPECT_EQ(check("engine/error.cpp", "\"pg/sqlstate.hpp\""), 1U);
  EXPECT_EQ(check("include/pawl/run.hpp", "\"pg/sqlstate.hpp\""), 1U);
  EXPECT_EQ(check("engine/new_room/x.cpp", "<string>"), 1U);
  EXPECT_EQ(check("engine/plan/x.cpp", "\"plan/key.hpp\""), 0U);
  EXPECT_EQ(check("engine/plan/x.cpp", "\"sql/job.hpp\""), 0U);
  EXPECT_EQ(check("engine/cli/x.cpp", "\"sandbox/sandbox.hpp\""), 0U);
  EXPECT_EQ(check("engine/observe/x.cpp", "<pawl/events.hpp>"), 0U);
}

TEST(TidyRules, WhatGccMiscompilesBesideCoAwaitIsFlagged) {
  for (const char* bad : {
           "void f() { co_await g([p] { return p; }); }",
           "void f() { co_await co_spawn(ex, [v = std::move(v)]() { use(v); h(); }, token); }",
           "void f() { co_spawn(co_await this_coro::executor, [s] { h(); }, token); }",
           "void f() { auto x = co_await g(options{.a = x}); }",
           "void f() { co_await g({.a = x, .b = 2}); }",
           "void f() { auto r = c ? co_await g() : other; }",
           "void f() { result r{.a = co_await g(), .b = 1}; }",
           "void f() { if (a) { b(); } co_return co_await g(x ? 1 : 2); }",
       }) {
    EXPECT_EQ(co_await_form(cpp(bad)).size(), 1U) << bad;
  }
}

TEST(TidyRules, WhatIsCleanBesideCoAwaitPasses) {
  for (const char* good : {
           "void f() { auto fn = [p] { return p; }; co_await g(std::move(fn)); }",
           "void f() { auto t = [s]() -> awaitable<void> { co_await g(); }; }",
           "void f() { auto x = c ? 1 : 2; co_await g(x); int y = d ? 1 : 2; }",
           "void f() { options o{.a = x}; co_await g(o); }",
           "void f() { if (co_await g()) { h([p] { return p; }); } }",
           "void f() { while (!co_await g()) { x = c ? 1 : 2; } }",
           "void f() { for (auto& x : co_await g()) { h(options{.a = x}); } }",
           "void f() { if (x[i] (co_await g())) return; }",
           "void f() { co_await g([](int p) { return p; }); }",
           "void f() { auto [a, b] = co_await g(); co_return row{a, b}; }",
       }) {
    const findings found = co_await_form(cpp(good));
    EXPECT_TRUE(found.empty()) << good << "\n" << to_string(found);
  }
}

TEST(TidyRules, APathOfAMachineIsFlaggedInAnyFile) {
  // In pieces, so that this file passes its own rule.
  for (const std::string bad : {"/ho"
                                "me/me/x",
                                "see \"/wo"
                                "rk/x\"",
                                "/ro"
                                "ot/.npmrc"}) {
    EXPECT_EQ(machine_paths(make_source("docs/a.md", bad)).size(), 1U) << bad;
  }
  for (const std::string good : {"a/ho"
                                 "me/x",
                                 "$HOME/x",
                                 "../ro"
                                 "ot/x",
                                 "/home"}) {
    EXPECT_TRUE(machine_paths(make_source("docs/a.md", good)).empty()) << good;
  }
}

TEST(TidyRules, AFileThatNoListNamesIsUnbuilt) {
  const std::vector<source> all{
      make_source("engine/run/CMakeLists.txt", "SOURCES worker.cpp deep/inner.cpp\n"),
      make_source("engine/run/deep/inner.cpp", ""),
      make_source("engine/run/ker.cpp", ""),
      make_source("engine/run/worker.cpp", ""),
      make_source("tests/lost.cpp", ""),
  };

  const findings found = unbuilt(all);

  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].path, "engine/run/ker.cpp");
  EXPECT_EQ(found[1].path, "tests/lost.cpp");
}

}  // namespace
}  // namespace pawl::tidy
