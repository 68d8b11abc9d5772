// A line for each test. Of one that fails: what was waited for, where, and the pictures; all of these once more at the end.
import { basename } from "node:path";
import type { UserConsoleLog } from "vitest";
import type { Reporter, SerializedError, TestCase, TestModule } from "vitest/node";

/** Lines of an error that are shown: what was waited for, and what was seen instead. */
const LINES = 14;

type Failure = Pick<SerializedError, "message" | "stack"> & { diff?: string };

/** Without the colours of a terminal. */
const plain = (text: string) => text.replace(/\u001b\[[0-9;]*m/g, "");

const file = ({ moduleId }: TestModule): string => basename(moduleId);

function tell({ message, stack, diff = "" }: Failure): string {
  const place = stack?.split("\n").find((line) => line.includes("/e2e/"))?.trim() ?? "";
  return [...plain(`${message}\n${diff}`).trimEnd().split("\n").slice(0, LINES), place].map((line) => `    ${line}\n`).join("");
}

function failure(test: TestCase): string {
  const errors = (test.result().errors ?? []).map(tell).join("");
  const pictures = (test.meta().pictures ?? []).map((path) => `    picture: ${path}\n`).join("");
  return `FAILED ${file(test.module)}: ${test.name}\n${errors}${pictures}`;
}

export default class Short implements Reporter {
  private failures: string[] = [];

  onTestCaseResult(test: TestCase): void {
    const { state } = test.result();
    const seconds = ((test.diagnostic()?.duration ?? 0) / 1000).toFixed(1);
    if (state === "failed") this.fail(failure(test));
    else console.log(`${state} ${seconds.padStart(5)} s  ${file(test.module)}: ${test.name}`);
  }

  onTestModuleEnd(module: TestModule): void {
    // What fails around the tests: imports, preparations.
    const around = [...module.children.suites()].flatMap((suite) => suite.errors());
    for (const error of [...module.errors(), ...around]) this.fail(`FAILED ${file(module)}\n${tell(error)}`);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    for (const error of unhandled) this.fail(`FAILED outside of tests\n${tell(error)}`);
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const passed = tests.filter((test) => test.result().state === "passed").length;
    console.log(`${passed} of ${tests.length} tests passed\n${this.failures.join("")}`);
  }

  onUserConsoleLog({ content }: UserConsoleLog): void {
    console.log(content.trimEnd());
  }

  private fail(text: string): void {
    this.failures.push(text);
    console.log(text);
  }
}
