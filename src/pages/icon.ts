/** An easel with a picture on it. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<path d="M16 2v4M9 22 5 30M23 22l4 8M16 22v6" fill="none" stroke="#b45309" stroke-width="2.5" stroke-linecap="round"/>
<rect x="4" y="5" width="24" height="18" rx="2" fill="#b45309"/>
<rect x="6.500" y="7.500" width="19" height="13" fill="#fde9c8"/>
<circle cx="21" cy="11.500" r="2" fill="#ea580c"/>
<path d="m6.500 20.500 6-7 4 4 3-3 6 6z" fill="#0f766e"/>
</svg>
`;
