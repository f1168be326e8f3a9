#include "observe/choose.hpp"

#include <gtest/gtest.h>

namespace pawl::observe {
namespace {

surroundings a_terminal() {
  surroundings s;
  s.is_terminal = true;
  s.term = "xterm-256color";
  return s;
}

surroundings a_pipe() {
  surroundings s = a_terminal();
  s.is_terminal = false;
  return s;
}

TEST(ChooseColour, FlagWinsOverEverything) {
  surroundings s = a_terminal();
  s.no_color = "1";

  EXPECT_TRUE(choose_colour(colour_flag::always, s));
  EXPECT_FALSE(choose_colour(colour_flag::never, a_terminal()));
}

TEST(ChooseColour, NoColorWinsOverForceColorUnlessEmpty) {
  surroundings s = a_terminal();
  s.force_color = "1";
  s.no_color = "1";
  EXPECT_FALSE(choose_colour(colour_flag::automatic, s));

  s.no_color = "";
  EXPECT_TRUE(choose_colour(colour_flag::automatic, s));
}

TEST(ChooseColour, ForcingWinsOverAPipeUnlessItSaysZero) {
  surroundings s = a_pipe();
  EXPECT_FALSE(choose_colour(colour_flag::automatic, s));

  s.force_color = "1";
  EXPECT_TRUE(choose_colour(colour_flag::automatic, s));
  s.force_color = "0";
  EXPECT_FALSE(choose_colour(colour_flag::automatic, s));
  s.clicolor_force = "1";
  EXPECT_TRUE(choose_colour(colour_flag::automatic, s));
  s.clicolor_force = "";
  EXPECT_FALSE(choose_colour(colour_flag::automatic, s));
}

TEST(ChooseColour, OnlyATerminalThatIsNotDumbIsColoured) {
  surroundings s = a_terminal();
  EXPECT_TRUE(choose_colour(colour_flag::automatic, s));

  s.term = "dumb";
  EXPECT_FALSE(choose_colour(colour_flag::automatic, s));
  s.term.reset();
  EXPECT_FALSE(choose_colour(colour_flag::automatic, s));
}

TEST(ChooseView, AutomaticIsABlockOnlyWhereTheCursorMoves) {
  surroundings dumb = a_terminal();
  dumb.term = "dumb";

  EXPECT_EQ(choose_view(progress_flag::automatic, a_terminal()), view_kind::terminal);
  EXPECT_EQ(choose_view(progress_flag::automatic, a_pipe()), view_kind::plain);
  EXPECT_EQ(choose_view(progress_flag::automatic, dumb), view_kind::plain);
}

TEST(ChooseView, FlagWins) {
  EXPECT_EQ(choose_view(progress_flag::bar, a_pipe()), view_kind::terminal);
  EXPECT_EQ(choose_view(progress_flag::plain, a_terminal()), view_kind::plain);
  EXPECT_EQ(choose_view(progress_flag::none, a_terminal()), view_kind::none);
}

TEST(ChooseCharset, IsUtf8OnlyForAUtf8Locale) {
  EXPECT_EQ(choose_charset("UTF-8"), charset::utf8);
  EXPECT_EQ(choose_charset("utf8"), charset::utf8);
  EXPECT_EQ(choose_charset("ANSI_X3.4-1968"), charset::ascii);
  EXPECT_EQ(choose_charset(""), charset::ascii);
}

}  // namespace
}  // namespace pawl::observe
