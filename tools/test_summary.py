#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up the JUnit files of all test stages: lists what failed and ends with one line. Under
CI=true a test of the release stage that was skipped has failed: CI has all that tests need."""
import os
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def main(folder):
    passed = failed = skipped = 0
    for report in sorted(folder.glob("*.xml")):
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            if case.get("status") == "run" and case.find("failure") is None:
                passed += 1
            elif case.find("skipped") is not None and case.get("status") != "fail":
                print(f"skipped: {report.stem}: {case.get('name')}")
                if report.stem == "release" and os.environ.get("CI") == "true":
                    failed += 1
                else:
                    skipped += 1
            else:
                failed += 1
                print(f"FAILED: {report.stem}: {case.get('name')}")
    stages = folder / "failed_stages"
    if stages.exists():
        for stage in stages.read_text().split():
            print(f"FAILED STAGE: {stage}")
            if not (folder / f"{stage}.xml").exists():
                failed += 1  # It did not get as far as its tests.
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if failed == 0 and passed > 0 and not stages.exists() else 1


sys.exit(main(pathlib.Path(sys.argv[1])))
