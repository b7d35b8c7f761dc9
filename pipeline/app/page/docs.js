// The API as /openapi.json describes it: an address a card, with what it takes and what it answers.

const element = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};
const schema = await (await fetch("/openapi.json")).json();
const find = (one) => (one?.$ref ? schema.components.schemas[one.$ref.split("/").at(-1)] : one);

function typeOf(property) {
  if (property.$ref) return property.$ref.split("/").at(-1);
  if (property.anyOf) return property.anyOf.map(typeOf).join(" or ");
  if (property.type === "array") return `list of ${typeOf(property.items)}`;
  if (property.enum) return property.enum.map((one) => JSON.stringify(one)).join(" or ");
  return property.format === "binary" ? "file" : (property.type ?? "any");
}

function table(heading, rows) {
  const cells = (tag, row) => element("tr", {}, ...row.map((text) => element(tag, { textContent: text })));
  return element("table", {}, element("thead", {}, cells("th", heading)), element("tbody", {}, ...rows.map((row) => cells("td", row))));
}

function fields(model, required = []) {
  return Object.entries(model?.properties ?? {}).map(([name, property]) => [
    name + (required.includes(name) ? " *" : ""),
    typeOf(property),
    [property.description, "default" in property ? `Default ${property.default}.` : ""].filter(Boolean).join(" "),
  ]);
}

const main = document.getElementById("main");
for (const [path, methods] of Object.entries(schema.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    const section = element("section", { className: "card" }, element("h2", { textContent: `${method.toUpperCase()} ${path}` }));
    section.append(element("p", { textContent: operation.description ?? operation.summary }));
    const body = find(operation.requestBody?.content?.["multipart/form-data"]?.schema);
    if (body) section.append(table(["field (* needed)", "type", "meaning"], fields(body, body.required)));
    section.append(
      table(
        ["status", "answer", "when"],
        Object.entries(operation.responses).map(([status, reply]) => {
          const content = reply.content?.["application/json"]?.schema;
          return [status, content ? typeOf(content) : "", reply.description];
        }),
      ),
    );
    main.append(section);
  }
}
for (const [name, model] of Object.entries(schema.components.schemas)) {
  if (name.startsWith("Body_") || name.includes("ValidationError")) continue;
  main.append(
    element(
      "section",
      { className: "card" },
      element("h2", { textContent: name }),
      element("p", { textContent: model.description ?? "" }),
      table(["field", "type", "meaning"], fields(model)),
    ),
  );
}
document.getElementById("curl").textContent = `curl -F file=@speech.wav -F window=5 ${location.origin}/api/predict`;
