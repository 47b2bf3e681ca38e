/** The shop as one page. Names come from the database, so they are escaped. */
export function page(products) {
  const items = products.map(({ name, cents }) => `<li><span>${escape(name)}</span><b>${price(cents)}</b></li>`);
  const list = items.length > 0 ? `<ul>${items.join("")}</ul>` : "<p>The shelves are empty. Next: npm run seed</p>";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Storefront</title>
<style>
body { font: 17px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto; padding: 0 1.5rem; color: #1d2433; background: #faf9f6 }
h1 { font-weight: 600; letter-spacing: -0.02em }
ul { list-style: none; padding: 0 }
li { display: flex; justify-content: space-between; padding: .8rem 0; border-top: 1px solid #dedbd2 }
b { font-weight: 500; font-variant-numeric: tabular-nums }
</style>
</head>
<body><h1>Things for the road</h1>${list}</body>
</html>`;
}

/** 1800 -> "$18.00" */
export function price(cents) {
  return `$${(cents / 100).toFixed(2)}`;
}

function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
