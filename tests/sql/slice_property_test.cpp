// Properties of the sliced statements, over generated UPDATEs and DELETEs with comments, line ends
// and odd names between and in their tokens; and of read_jobs over anything at all.
#include <rapidcheck.h>

#include "reading.hpp"
#include "sql/parse_tree.hpp"

namespace pawl::sql {
namespace {

const std::string condition = "(the_key, \"K\") > ($1, $2)";

rc::Gen<std::string> gap() {
  return rc::gen::element<std::string>(" ", "\n", "\r\n", "\t", " /* c */ ", " -- c ' \" ; $$ (\n",
                                       " /* , = WHERE /* n */ ) */ ", "\n-- \xC3\xA9\r\n");
}

rc::Gen<std::string> expression() {
  return rc::gen::element<std::string>(
      "1", "upper ( a )", "'it''s -- no' || $q$;)$q$", "CASE WHEN a = 1 THEN ( b ) END",
      "( ARRAY [ 1 , 2 ] ) [ 1 ]", "U&'d\\0061 ta'", "U&'d!0061' UESCAPE '!'", "U&\"x\"",
      "B'1' || X'1f'", "- 1.5e3", "f ( a , ( SELECT max ( x ) FROM o WHERE o.y = 1 ) )",
      "\"B c\" . \"D\"", "E'\\'\\'' :: text", "( 1 )", "\xC3\xA9 + 1");
}

rc::Gen<std::string> relation() {
  return rc::gen::element<std::string>("t", "s . t", "ONLY t", "ONLY ( s . \"T t\" )", "t *",
                                       "t AS u", "\"T t\" u", "t \"U\"");
}

rc::Gen<std::string> where() {
  return rc::gen::element<std::string>(
      "", " WHERE a", " WHERE a OR b", " WHERE c IS NULL AND d", " WHERE ( a AND b )",
      " WHERE x IN ( SELECT y FROM o WHERE z )", " WHERE NOT a OR b IN ( 1 , 2 )",
      " WHERE a = U&'x'", " WHERE a NOT IN ( 1 ) AND b NOT LIKE 'x'");
}

// Every blank of the statement becomes a gap, but not one inside of quotes.
std::string spread(const std::string& sql) {
  std::string text;
  char quote = 0;
  for (const char c : sql) {
    if (quote == 0 && (c == '\'' || c == '"' || c == '$')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    }
    text += c == ' ' && quote == 0 ? *gap() : std::string(1, c);
  }
  return text;
}

std::string arbitrary_statement() {
  if (*rc::gen::arbitrary<bool>()) return spread("DELETE FROM " + *relation() + *where());
  std::string set = "c = " + *expression();
  if (*rc::gen::arbitrary<bool>()) set += " , \"D\" = " + *expression();
  if (*rc::gen::arbitrary<bool>()) set += " , ( e , f ) = ( SELECT 1 , 2 )";
  return spread("UPDATE " + *relation() + " SET " + set + *where());
}

node tree_of(const std::string& sql) {
  const source in{"f", sql};
  auto tree = parse_statement(in, {0, in.text.size()});
  RC_ASSERT(tree.has_value());
  return tree->statement.front();
}

// The WHERE of a tree as a list of AND terms, taken out of it.
std::vector<node> take_terms(node& body) {
  const node* where = member(body, "whereClause");
  std::vector<node> terms;
  if (where == nullptr) return terms;
  const node* junction = as(*where, "BoolExpr");
  if (junction != nullptr && text_member(*junction, "boolop") == "AND_EXPR") {
    for (const node& term : *member(*junction, "args")) terms.push_back(term);
  } else {
    terms.push_back(*where);
  }
  body.erase("whereClause");
  return terms;
}

TEST(SliceProperty, OnlyTheConditionIsAddedToTheTree) {
  EXPECT_TRUE(rc::check([] {
    const std::string sql = arbitrary_statement();
    const job j = read_one(sql);

    node before = tree_of(sql);
    node after = tree_of(batch_statement(j, "", condition));
    const std::vector<node> old_terms = take_terms(before);
    std::vector<node> new_terms = take_terms(after);

    RC_ASSERT(same_expression(before, after));
    node probe = tree_of("DELETE FROM t WHERE " + condition);
    RC_ASSERT(same_expression(new_terms.back(), take_terms(probe).front()));
    new_terms.pop_back();
    RC_ASSERT(new_terms.size() == old_terms.size());
    RC_ASSERT(std::equal(new_terms.begin(), new_terms.end(), old_terms.begin(),
                         [](const node& a, const node& b) { return same_expression(a, b); }));
  }));
}

TEST(SliceProperty, WithoutWhatWasPutInTheBytesAreTheOriginal) {
  EXPECT_TRUE(rc::check([] {
    const std::string sql = arbitrary_statement();
    const job j = read_one(sql);

    std::string batch = batch_statement(j, "", condition);
    const std::string tail =
        j.what.where.empty() ? " WHERE " + condition : ") AND (" + condition + ")";
    RC_ASSERT(batch.ends_with(tail));
    batch.resize(batch.size() - tail.size());
    if (!j.what.where.empty()) batch.erase(j.what.where.begin - j.what.statement.begin, 1);
    RC_ASSERT(batch == text_of(j, j.what.statement));
  }));
}

TEST(SliceProperty, ALeafChangesOnlyTheRelation) {
  EXPECT_TRUE(rc::check([] {
    const std::string sql = arbitrary_statement();
    const job j = read_one(sql);

    node before = tree_of(sql);
    node after = tree_of(batch_statement(j, "app.\"Leaf 1\"", condition));
    const std::string qualifier = j.what.alias.empty() ? j.what.target.table : j.what.alias;
    RC_ASSERT(text_member(after["relation"], "schemaname") == "app");
    RC_ASSERT(text_member(after["relation"], "relname") == "Leaf 1");
    RC_ASSERT(text_member(after["relation"]["alias"], "aliasname") == qualifier);
    RC_ASSERT(before["relation"].contains("inh") == after["relation"].contains("inh"));
    for (node* body : {&before, &after}) {
      body->erase("relation");
      body->erase("whereClause");
    }
    RC_ASSERT(same_expression(before, after));
  }));
}

TEST(SliceProperty, EveryExpressionIsAWholeExpression) {
  EXPECT_TRUE(rc::check([] {
    const std::string sql = arbitrary_statement();
    const job j = read_one(sql);

    const node body = tree_of(sql);
    std::size_t next = 0;
    for (const assignment& a : j.what.assignments) {
      const node alone = tree_of("SELECT " + text(j, a.expression));
      const node& item = body["targetList"][next++]["ResTarget"];
      RC_ASSERT(item["name"] == a.column);
      RC_ASSERT(same_expression(item["val"], alone["targetList"][0]["ResTarget"]["val"]));
    }
  }));
}

TEST(SliceProperty, CanonicalTextDoesNotSeeTheGaps) {
  EXPECT_TRUE(rc::check([] {
    const std::string plain = "UPDATE " + *relation() + " SET c = " + *expression() + *where();

    RC_ASSERT(read_one(spread(plain)).canonical == read_one(spread(plain)).canonical);
  }));
}

TEST(SliceProperty, AnythingIsReadOrRefusedWithAPlace) {
  EXPECT_TRUE(rc::check([] {
    const auto piece = rc::gen::element<std::string>(
        "UPDATE ", "t ", "SET ", "a ", "= ", "1 ", "WHERE ", "AND ", "OR ", "/* pawl:range */ ",
        "true ", "\n-- pawl:batch ", "\n-- pawl:verify\n", "\n-- pawl:pending ", "\n-- pawl:set ",
        "x=", "key=", "table=", "; ", "( ", ") ", "' ", "\" ", "$$ ", ". ", ", ", "* ", "ONLY ",
        "DELETE FROM ", "SELECT ", "MERGE INTO ", "U&\"a\" UESCAPE ", "[ ", "\xC3\xA9 ", "\xFF",
        "\\ ", "\n", "-- ", "/* ", "*/ ", "$1 ", "AS ", "DEFAULT ", "IS NULL ", "<> ");
    std::string sql;
    for (const std::string& part : *rc::gen::container<std::vector<std::string>>(piece))
      sql += part;

    const auto jobs = read_jobs("f.sql", sql);
    if (jobs.has_error()) {
      RC_ASSERT(jobs.error().where.line >= 1);
      RC_ASSERT(jobs.error().where.column >= 1);
      RC_ASSERT(jobs.error().code != errc::internal);
    } else {
      RC_ASSERT(!jobs->empty());
    }
  }));
}

}  // namespace
}  // namespace pawl::sql
