// Security keys: a form with data-key asks the browser for what its options say, and sends the answer with itself.
// Without JavaScript, or without keys in the browser, its button stays hidden and the code is typed.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const wanted = (options) => {
  const known = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  if (options.user) publicKey.user = { ...options.user, id: bytes(options.user.id) };
  publicKey.allowCredentials = known(options.allowCredentials);
  publicKey.excludeCredentials = known(options.excludeCredentials);
  return { publicKey };
};

const told = (credential) => {
  const { response } = credential;
  const answer = { clientDataJSON: text(response.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[part]) answer[part] = text(response[part]);
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response: answer });
};

const ask = async (form) => {
  const options = wanted(JSON.parse(form.dataset.key));
  const said = form.querySelector("[data-key-said]");
  try {
    const credential = options.publicKey.user
      ? await navigator.credentials.create(options)
      : await navigator.credentials.get(options);
    form.elements[form.dataset.keyField ?? "factor_key"].value = told(credential);
    for (const field of form.elements) field.required = false;
    form.requestSubmit();
  } catch {
    said.textContent = "The browser got no answer from a key. Touch it when it blinks, or use a code.";
  }
};

for (const form of document.querySelectorAll("form[data-key]")) {
  const button = form.querySelector("[data-key-ask]");
  if (!window.PublicKeyCredential || !button) continue;
  button.hidden = false;
  button.addEventListener("click", () => ask(form));
}
