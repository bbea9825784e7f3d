import { defineConfig } from "vitest/config";

// Unit tests run side by side; tests that start servers, Terraform or act (*.itg.test.ts) take turns,
// as many at a time as there are cores.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{actions,infra,functions,glue,data,rehearsal}/**/*.test.ts"],
          exclude: ["**/*.itg.test.ts", "**/dist/**", "**/node_modules/**", "build/**"],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ["{actions,infra,functions,glue,data,rehearsal}/**/*.itg.test.ts"],
          exclude: ["**/dist/**", "**/node_modules/**", "build/**"],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
