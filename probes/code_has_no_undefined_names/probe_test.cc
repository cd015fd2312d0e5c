#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(code_has_no_undefined_names);

namespace readiness::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A sound package, which each test then breaks in one place.
class CodeHasNoUndefinedNamesTest : public ::testing::Test {
 protected:
  explicit CodeHasNoUndefinedNamesTest(Json more = Json::object()) : t(Given(std::move(more))) {
    Write("app/__init__.py", "");
    Write("app/store.py", "import json\n\nSTORE = {}\n\n\ndef save(key, value):\n    STORE[key] = json.dumps(value)\n");
    Write("app/loop.py",
          "import logging\nfrom app.store import save\n\nlogger = logging.getLogger(__name__)\n\n\n"
          "def run(values):\n    for key, value in values.items():\n        try:\n            save(key, value)\n"
          "        except TypeError:\n            logger.warning('failed')\n");
  }

  static Json Given(Json more) {
    Json given{{"files", {"app/**/*.py"}},
               {"except", Json::array()},
               {"minimum_files", 2},
               {"minimum_names", 5},
               {"defined_elsewhere", Json::array()},
               {"import_roots", {"."}},
               {"may_come_from_star_imports", false}};
    given.update(more);
    return given;
  }

  void Write(const std::string& path, const std::string& text) { t.source_tree.Write(path, text); }
  Result<void> Run() { return probes::code_has_no_undefined_names(t.context()); }
  void ExpectViolation(const std::string& part) {
    ASSERT_TRUE(Run());
    EXPECT_THAT(t.findings.violations(), ElementsAre(Field(&Violation::actual, HasSubstr(part))));
  }
  bool AllSatisfied() const {
    return t.Satisfied("planted_name_is_found") && t.Satisfied("planted_name_is_found_in_each_file") &&
           t.Satisfied("enough_was_checked") && t.Satisfied("every_name_is_decidable");
  }

  TestContext t;
};

TEST_F(CodeHasNoUndefinedNamesTest, Holds) {
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_TRUE(AllSatisfied());
  EXPECT_THAT(t.findings.observations(), Contains(Field(&Observation::seen, HasSubstr("3 files"))));
}

TEST_F(CodeHasNoUndefinedNamesTest, Violated) {
  Write("app/loop.py", "def run():\n    try:\n        pass\n    except TypeError:\n        logger.warning('failed')\n");
  ExpectViolation("app/loop.py:5:9: undefined name 'logger'");
  EXPECT_TRUE(AllSatisfied());
}

TEST_F(CodeHasNoUndefinedNamesTest, UndecidableWithoutFiles) {
  TestContext empty(Given(Json::object()));
  const auto done = probes::code_has_no_undefined_names(empty.context());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::kTarget);
}

TEST_F(CodeHasNoUndefinedNamesTest, UndecidableWhenTheTreeCannotBeRead) {
  t.source_tree.FailWith(MakeError(ErrorKind::kNotAvailable));
  EXPECT_FALSE(Run());
}

TEST_F(CodeHasNoUndefinedNamesTest, UndecidableWithStarImports) {
  Write("app/loop.py", "from app.store import *\n\nsave(1, 2)\n");
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("every_name_is_decidable"));
  EXPECT_TRUE(t.Satisfied("enough_was_checked"));
}

TEST_F(CodeHasNoUndefinedNamesTest, UndecidableWhenAnImportMayFailUnseen) {
  Write("app/other.py", "try:\n    import fast\nexcept ImportError:\n    pass\n\n\ndef run():\n    return fast.x\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("every_name_is_decidable"));
}

TEST_F(CodeHasNoUndefinedNamesTest, UsualGuardsHold) {
  Write(
      "app/other.py",
      "from __future__ import annotations\n\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from app.store "
      "import save\n\ntry:\n    import fast\n    HAS_FAST = True\nexcept ImportError:\n    HAS_FAST = False\n\ntry:\n  "
      "  "
      "import loop\n    loop.install()\nexcept ImportError:\n    pass\n\n\ndef run(a: save) -> save:\n    b: save = "
      "a\n    "
      "return fast.x(b) if HAS_FAST else b\n");
  ASSERT_TRUE(Run());
  for (const Violation& one : t.findings.violations()) ADD_FAILURE() << one.what << " " << one.actual;
  EXPECT_TRUE(t.Satisfied("every_name_is_decidable"));
}

// What a fault may look like, each the only one of a sound package.
struct Fault {
  const char* name;
  const char* path;
  const char* text;
  const char* seen;
};

void PrintTo(const Fault& fault, std::ostream* stream) {
  *stream << fault.name;
}

class CodeHasNoUndefinedNamesFaultTest : public CodeHasNoUndefinedNamesTest,
                                         public ::testing::WithParamInterface<Fault> {};

TEST_P(CodeHasNoUndefinedNamesFaultTest, Violated) {
  Write(GetParam().path, GetParam().text);
  ExpectViolation(GetParam().seen);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, CodeHasNoUndefinedNamesFaultTest,
    ::testing::Values(
        Fault{"DoesNotParse", "app/broken.py", "def run(:\n", "app/broken.py:1"},
        Fault{"HoldsControlBytes", "app/broken.py", "x = 1\n\x01\n", "app/broken.py"},
        Fault{"OnAnnotation", "app/other.py", "def run(store: Store):\n    return store\n", "undefined name 'Store'"},
        Fault{"InFString", "app/other.py", "def run():\n    return f'{user_id}'\n", "undefined name 'user_id'"},
        Fault{"InDefaultArgument", "app/other.py", "def run(limit=LIMIT):\n    return limit\n",
              "undefined name 'LIMIT'"},
        Fault{"InDecorator", "app/other.py", "@router.get('/')\ndef run():\n    return 1\n", "undefined name 'router'"},
        Fault{"InLambda", "app/other.py", "run = lambda: missing\n", "undefined name 'missing'"},
        Fault{"InStringAnnotation", "app/other.py", "def run(a: 'Session'):\n    return a\n",
              "undefined name 'Session'"},
        Fault{"OutOfScope", "app/other.py", "class A:\n    limit = 1\n    def run(self):\n        return limit\n",
              "undefined name 'limit'"},
        Fault{"ExceptionVariableAfterItsEnd", "app/other.py",
              "def run():\n    try:\n        pass\n    except ValueError as e:\n        pass\n    return e\n",
              "undefined name 'e'"},
        Fault{"ListedInAll", "app/other.py", "__all__ = ['gone']\n", "gone"},
        Fault{"LocalUsedBeforeItIsSet", "app/other.py",
              "count = 1\n\n\ndef run():\n    print(count)\n    count = 2\n    return count\n", "count"},
        Fault{"BoundForTypesOnly", "app/other.py",
              "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from app.store import save\n\n\ndef run():\n"
              "    return save()\n",
              "bound only where nothing is run"},
        Fault{"BoundInADeadBranch", "app/other.py", "if False:\n    limit = 1\n\n\ndef run():\n    return limit\n",
              "bound only where nothing is run"},
        Fault{"ImportsFromAboveTheTree", "app/other.py", "from .... import gone\n\ngone()\n", "leaves the tree"},
        Fault{"ImportsAMissingModule", "app/other.py", "from app.audit import log\n\nlog()\n", "no module app.audit"},
        Fault{"ImportsAMissingName", "app/other.py", "from app.store import load\n\nload()\n",
              "app/store.py does not define \"load\""},
        Fault{"ImportsRelatively", "app/other.py", "from .store import load\n\nload()\n", "does not define \"load\""}),
    [](const auto& one) { return std::string(one.param.name); });

// What looks like a fault and is none.
class CodeHasNoUndefinedNamesSoundTest : public CodeHasNoUndefinedNamesTest,
                                         public ::testing::WithParamInterface<Fault> {};

TEST_P(CodeHasNoUndefinedNamesSoundTest, Holds) {
  Write(GetParam().path, GetParam().text);
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_TRUE(AllSatisfied());
}

INSTANTIATE_TEST_SUITE_P(
    Sound, CodeHasNoUndefinedNamesSoundTest,
    ::testing::Values(
        Fault{"OptionalImport", "app/other.py",
              "try:\n    from app.extra import speed\nexcept ImportError:\n    speed = None\nprint(speed)\n", ""},
        Fault{"ForeignImport", "app/other.py", "import numpy\nfrom fastapi import FastAPI\n\nFastAPI(numpy)\n", ""},
        Fault{"Submodule", "app/other.py", "from app import store\n\nstore.save(1, 2)\n", ""},
        Fault{"CarriageReturns", "app/other.py", "import os\r\n\r\nprint(os.name)\r\n", ""},
        Fault{"OtherEncoding", "app/other.py", "# -*- coding: latin-1 -*-\nname = '\xe9'\nprint(name)\n", ""},
        Fault{"NoLineEnd", "app/other.py", "import os\nprint(os.name)", ""},
        Fault{"LoneSurrogate", "app/other.py", "text = '\\ud800'\nprint(text)\n", ""}),
    [](const auto& one) { return std::string(one.param.name); });

class CodeHasNoUndefinedNamesLeavesOutTest : public CodeHasNoUndefinedNamesTest {
 protected:
  CodeHasNoUndefinedNamesLeavesOutTest()
      : CodeHasNoUndefinedNamesTest({{"except", {"app/generated/**"}}, {"defined_elsewhere", {"_"}}}) {}
};

TEST_F(CodeHasNoUndefinedNamesLeavesOutTest, Holds) {
  Write("app/generated/x.py", "missing()\n");
  Write("app/text.py", "print(_('hello'))\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

class CodeHasNoUndefinedNamesTooFewTest : public CodeHasNoUndefinedNamesTest {
 protected:
  CodeHasNoUndefinedNamesTooFewTest() : CodeHasNoUndefinedNamesTest({{"minimum_files", 4}}) {}
};

TEST_F(CodeHasNoUndefinedNamesTooFewTest, Undecidable) {
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("enough_was_checked"));
}

}  // namespace
}  // namespace readiness::testing
