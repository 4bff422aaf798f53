import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: [".venv/", "var/", "staticfiles/"] },
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": ["error", { destructuring: "all" }],
      "no-unused-vars": ["error", { ignoreRestSiblings: true }],
    },
  },
  { files: ["tests/**"], languageOptions: { globals: globals.node } },
];
