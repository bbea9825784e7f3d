process.env.ACTION_PHASE = "post";
await import("./index.js");
