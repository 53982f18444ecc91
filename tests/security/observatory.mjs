// Grades a site by the rules of MDN's HTTP Observatory, as its own `scan` does, on
// ports of our choice: node observatory.mjs <package> <http port> <https port> <path>
import { pathToFileURL } from "node:url";

const [folder, httpPort, httpsPort, path] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(`${folder}/src/${name}`));
const { retrieve } = await load("retriever/retriever.js");
const { ALL_TESTS } = await load("constants.js");
const { getGradeForScore, getScoreModifier } = await load("grader/grader.js");
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await load("grader/charts.js");

const found = await retrieve("localhost", { httpPort, httpsPort, path });
const results = ALL_TESTS.map((test) => test(found));
const modifiers = results.map(({ result }) => getScoreModifier(result));
const sum = (numbers) => numbers.reduce((all, each) => all + each, 100);
const withoutCredit = sum(modifiers.filter((each) => each < 0));
const score =
  withoutCredit >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? sum(modifiers) : withoutCredit;
const failed = results.filter(({ pass }) => !pass).map(({ result }) => result);
const { status } = found.responses.auto;
console.log(JSON.stringify({ ...getGradeForScore(score), status, failed }));
