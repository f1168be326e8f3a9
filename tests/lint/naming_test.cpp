#include "lint/naming.hpp"

#include "lint/checking.hpp"

namespace pawl::lint {
namespace {

std::vector<std::string> ids_named(const std::string& name, const naming& rules) {
  options chosen;
  chosen.names = rules;
  std::vector<input> files{{"m/" + name + "/migration.sql", name, "SELECT 1;", false, false}};
  question_list unasked;
  return ids_of(check(files, chosen, {}, unasked));
}

TEST(Naming, AsksNothingByDefault) {
  EXPECT_THAT(ids_named("20240101_fix", {}), testing::IsEmpty());
}

TEST(Naming, AcceptsNamesThatFitAPattern) {
  for (const std::string name :
       {"20240101120000_add_currency_to_orders", "add_a_b_to_c", "01_remove_x_from_y",
        "20240101_rename_a_to_b_in_c", "create_orders", "drop_orders",
        "add_index_created_at_orders", "enable_rls_orders", "migrate_old_prices"}) {
    EXPECT_THAT(ids_named(name, {usual_patterns(), true}), testing::IsEmpty()) << name;
  }
}

TEST(Naming, RefusesOthers) {
  for (const std::string name : {"20240101_add_currency", "orders", "20240101", "add__to_"}) {
    EXPECT_THAT(ids_named(name, {usual_patterns(), false}), testing::ElementsAre("N1")) << name;
  }
}

TEST(Naming, FindsVagueNames) {
  for (const std::string name : {"20240101_fix", "20240101_update_schema", "20240101_20240102",
                                 "3_changes", "20240101_init", "20240101_orders_20240102"}) {
    EXPECT_THAT(ids_named(name, {{}, true}), testing::ElementsAre("N2")) << name;
  }
  for (const std::string name : {"20240101_update_orders", "20240101_add_v2_prices"}) {
    EXPECT_THAT(ids_named(name, {{}, true}), testing::IsEmpty()) << name;
  }
}

TEST(Naming, TakesTheStampOff) {
  EXPECT_EQ(described("20240101120000_add_x"), "add_x");
  EXPECT_EQ(described("add_x"), "add_x");
  EXPECT_EQ(described("20240101"), "");
}

}  // namespace
}  // namespace pawl::lint
